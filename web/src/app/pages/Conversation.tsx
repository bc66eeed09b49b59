/** A session that exists: its conversation, what waits for an answer, and the composer. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect } from 'react';
import { Link } from 'wouter';
import { ChoiceChips } from '@/features/composer/ChoiceChips';
import { Composer } from '@/features/composer/Composer';
import { useChoices } from '@/features/composer/choices';
import { sendPrompt } from '@/features/composer/sendPrompt';
import { isCutOff } from '@/features/events/cutOff';
import { type EventState, isRunning } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { Prompts } from '@/features/prompts/Prompts';
import { stopChat } from '@/features/prompts/waiting';
import { queries } from '@/shared/api/queries';
import { DiffCounts } from '@/shared/diff/DiffCounts';
import { plural } from '@/shared/format';
import { Failure } from '@/shared/ui/Notice';

// The composer can be typed into before what draws the conversation has arrived.
const Transcript = lazy(() => import('@/features/transcript/Transcript'));

interface Props {
  id: string;
  directory: string;
  isSubagent: boolean;
}

export function Conversation({ id, directory, isSubagent }: Props) {
  const isBusy = useEvents((state) => isRunning(state, id));
  const model = useEvents((state) => lastUsed(state, id)?.model ?? null);
  const mode = useEvents((state) => lastUsed(state, id)?.mode ?? null);
  const choices = useChoices({ model, mode });
  const send = (text: string) =>
    sendPrompt({ session: id, directory, model: choices.model, mode: choices.mode }, text);
  return (
    <>
      <Suspense fallback={<div className="page-body" />}>
        <Transcript session={id} directory={directory}>
          {!isSubagent && <Resume id={id} directory={directory} send={send} />}
          {!isSubagent && <Changes id={id} directory={directory} isBusy={isBusy} />}
        </Transcript>
      </Suspense>
      <div className="dock">
        <Prompts chat={id} directory={directory} />
        {!isSubagent && (
          <Composer
            draft={id}
            placeholder={isBusy ? 'Add to it; it is read next' : 'Reply'}
            onSend={send}
            onStop={isBusy ? () => stopChat(id, directory) : undefined}
          >
            <ChoiceChips choices={choices} directory={directory} />
          </Composer>
        )}
      </div>
    </>
  );
}

/** The model and mode of the latest prompt. */
function lastUsed(state: EventState, session: string): { model: string | null; mode: string } | null {
  const transcript = state.transcripts[session];
  const prompt = transcript?.order.findLast((id) => transcript.entries[id]?.info.role === 'user');
  const info = transcript?.entries[prompt ?? '']?.info;
  if (info?.role !== 'user') return null;
  const { providerID, modelID } = info.model;
  return { model: providerID === '' ? null : `${providerID}/${modelID}`, mode: info.agent };
}

/** One tap goes on where an answer was cut off. */
function Resume({
  id,
  directory,
  send,
}: {
  id: string;
  directory: string;
  send: (text: string) => Promise<void>;
}) {
  const wanted = useEvents((state) =>
    isCutOff(state, id, directory, state.transcripts[id]?.order.at(-1) ?? ''),
  );
  const { mutate, error, isPending } = useMutation({ mutationFn: () => send('Continue.') });
  if (!wanted) return null;
  return (
    <>
      {error && <Failure what="Not sent." error={error} />}
      <button type="button" className="button primary wide" disabled={isPending} onClick={() => mutate()}>
        Continue
      </button>
    </>
  );
}

/** What the chat changed so far, at the end of the conversation while nothing runs. */
function Changes({ id, directory, isBusy }: { id: string; directory: string; isBusy: boolean }) {
  const queryClient = useQueryClient();
  const { data } = useQuery({ ...queries.branchDiff(directory), enabled: !isBusy });
  useEffect(() => {
    if (!isBusy) void queryClient.invalidateQueries({ queryKey: ['diff', directory] });
  }, [isBusy, directory, queryClient]);
  if (isBusy || !data || data.length === 0) return null;
  const additions = data.reduce((sum, file) => sum + file.additions, 0);
  const deletions = data.reduce((sum, file) => sum + file.deletions, 0);
  return (
    <Link href={`/chat/${id}/diff`} className="button changes" data-testid="changes">
      <span>
        {plural(data.length, 'file')} changed <DiffCounts additions={additions} deletions={deletions} />
      </span>
      <span aria-hidden="true">›</span>
    </Link>
  );
}
