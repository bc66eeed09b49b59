/** How full the model's context is, and what the conversation took in all: one quiet line at its end. */
import { useQuery } from '@tanstack/react-query';
import { useShallow } from 'zustand/react/shallow';
import { useEvents } from '@/features/events/store';
import type { Session } from '@/shared/api/opencode';
import { queries } from '@/shared/api/queries';
import { contextLimit, contextUse, short, usageText } from './usage';

export function Context({
  session,
  directory,
  whole,
}: {
  session: string;
  directory: string;
  /** The session with its totals, once it is known. */
  whole: Session | undefined;
}) {
  const use = useEvents(useShallow((state) => contextUse(state.transcripts[session])));
  const { data } = useQuery({ ...queries.models(directory), enabled: directory !== '' });
  if (!use) return null;
  const limit = contextLimit(data, use.model);
  const total = usageText(whole?.tokens, whole?.cost);
  return (
    <div className="context" data-testid="context">
      {limit !== null && <Gauge tokens={use.tokens} limit={limit} />}
      <p>
        context {short(use.tokens)}
        {limit !== null && ` of ${short(limit)} · ${percent(use.tokens, limit)}%`}
        {total !== '' && <span> · in all {total}</span>}
      </p>
    </div>
  );
}

function percent(tokens: number, limit: number): number {
  return Math.min(100, Math.round((100 * tokens) / limit));
}

function Gauge({ tokens, limit }: { tokens: number; limit: number }) {
  const full = percent(tokens, limit);
  return (
    <div className={full >= 80 ? 'gauge nearly-full' : 'gauge'} aria-hidden="true">
      <span style={{ width: `${full}%` }} />
    </div>
  );
}
