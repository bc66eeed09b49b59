/** At the bottom of the changes: what comes next on the way to a pull request, and its one button. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { queries } from '@/shared/api/queries';
import { pushBranch } from '@/shared/api/shipping';
import { CommitSheet } from './CommitSheet';
import { nextStep, wordsOf } from './next';
import { Refused } from './Refused';
import { ReplaceSheet } from './ReplaceSheet';
import { UpdateSheet } from './UpdateSheet';
import { useRefresh } from './useRefresh';
import './shipping.css';

interface Props {
  chat: string;
  /** Hands a prompt to the agent; once it is kept, the chat is shown. */
  onHandOver: (prompt: string) => Promise<void>;
  /** What follows once all is pushed. */
  children?: ReactNode;
}

type Opened = 'commit' | 'update' | 'replace' | null;

export function ShippingBar({ chat, onHandOver, children }: Props) {
  const { data: stat } = useQuery(queries.gitStat(chat));
  const [opened, setOpened] = useState<Opened>(null);
  const refresh = useRefresh(chat);
  const push = usePush(chat);
  if (!stat) return null;
  const step = nextStep(stat);
  const close = () => setOpened(null);
  // What the base has is known as of the last fetch; updating fetches.
  const canUpdate = stat.base != null && step.kind !== 'resolve';
  if (step.kind === 'nothing' && stat.behind === 0) return null;
  return (
    <>
      {push.error && <Refused what="Not pushed." error={push.error} onClose={push.reset} />}
      <section className="shipping" aria-label="Next step" data-testid="shipping" data-step={step.kind}>
        <span className="shipping-text">{wordsOf(step, stat)}</span>
        {canUpdate && (
          <button type="button" className="button quiet" onClick={() => setOpened('update')}>
            {stat.behind > 0 ? `${stat.behind} behind` : 'Update…'}
          </button>
        )}
        {step.kind === 'resolve' && (
          <button type="button" className="button primary" onClick={() => setOpened('update')}>
            Resolve…
          </button>
        )}
        {step.kind === 'commit' && (
          <button type="button" className="button primary" onClick={() => setOpened('commit')}>
            Commit…
          </button>
        )}
        {step.kind === 'push' && (
          <button
            type="button"
            className="button primary"
            disabled={push.isPending}
            onClick={() => push.mutate()}
          >
            {push.isPending ? 'Pushing…' : 'Push'}
          </button>
        )}
        {step.kind === 'replace' && (
          <button type="button" className="button primary" onClick={() => setOpened('replace')}>
            Push…
          </button>
        )}
        {step.kind === 'pushed' && children}
      </section>
      {opened === 'commit' && (
        <CommitSheet chat={chat} onHandOver={onHandOver} onClose={close} onDone={refresh} />
      )}
      {opened === 'update' && <UpdateSheet chat={chat} stat={stat} onHandOver={onHandOver} onClose={close} />}
      {opened === 'replace' && step.kind === 'replace' && (
        <ReplaceSheet chat={chat} stat={stat} commit={step.commit} lost={step.lost} onClose={close} />
      )}
    </>
  );
}

/** Pushes what is committed; whatever comes of it, where things are is asked for anew. */
function usePush(chat: string) {
  const refresh = useRefresh(chat);
  return useMutation({ mutationFn: () => pushBranch(chat), onSettled: refresh });
}
