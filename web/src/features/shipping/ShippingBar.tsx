/** At the bottom of the changes: what comes next on the way to a pull request, and its buttons. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { queries } from '@/shared/api/queries';
import { pushBranch } from '@/shared/api/shipping';
import { hookPrompt } from '@/shared/git/hookPrompt';
import { useRefresh } from '@/shared/git/useRefresh';
import { isOfKind, saidBy } from '@/shared/refusal';
import { Refused } from '@/shared/ui/Refused';
import { CommitSheet } from './CommitSheet';
import { DivergedSheet } from './DivergedSheet';
import { MiddleSheet } from './MiddleSheet';
import { deliveryOf, nextStep, wordsOf } from './next';
import { UpdateSheet } from './UpdateSheet';
import { useUpdate } from './useUpdate';
import './shipping.css';

interface Props {
  chat: string;
  /** Hands a prompt to the agent; once it is kept, the chat is shown. */
  onHandOver: (prompt: string) => Promise<void>;
  /** What follows once all is pushed. */
  children?: ReactNode;
}

type Opened = 'commit' | 'update' | 'diverged' | 'middle' | null;

export function ShippingBar({ chat, onHandOver, children }: Props) {
  const { data: stat } = useQuery(queries.gitStat(chat));
  const [opened, setOpened] = useState<Opened>(null);
  const refresh = useRefresh(chat);
  const push = useMutation({ mutationFn: () => pushBranch(chat), onSettled: refresh });
  const pull = useUpdate(chat, 'own_branch');
  const handOver = useMutation({ mutationFn: onHandOver });
  if (!stat) return null;
  const step = nextStep(stat);
  const delivery = deliveryOf(stat);
  const isInTheMiddle = step.kind === 'resolve';
  const close = () => setOpened(null);
  // What the base has is known as of the last fetch; updating fetches.
  const canUpdate = stat.base != null && !isInTheMiddle;
  if (step.kind === 'nothing' && !canUpdate) return null;
  // The nearest step stands out.
  const look = (kind: typeof step.kind) => (step.kind === kind ? 'button primary' : 'button');
  return (
    <>
      {push.error && (
        <Refused what="Not pushed." error={push.error} onClose={push.reset}>
          {isOfKind(push.error, 'push-hook-refused') && (
            <button
              type="button"
              className="button"
              disabled={handOver.isPending}
              onClick={() => handOver.mutate(hookPrompt('push', saidBy(push.error)))}
            >
              Have the agent put it right
            </button>
          )}
        </Refused>
      )}
      {handOver.error && <Refused what="Not handed over." error={handOver.error} onClose={handOver.reset} />}
      {pull.error && <Refused what="Not pulled." error={pull.error} onClose={pull.reset} />}
      <section className="shipping" aria-label="Next step" data-testid="shipping" data-step={step.kind}>
        <span className="shipping-text">{wordsOf(step, stat)}</span>
        {canUpdate && (
          <button type="button" className="button quiet" onClick={() => setOpened('update')}>
            {stat.behind > 0 ? `${stat.behind} behind` : 'Update…'}
          </button>
        )}
        {isInTheMiddle && (
          <button type="button" className="button primary" onClick={() => setOpened('middle')}>
            Resolve…
          </button>
        )}
        {step.kind === 'commit' && (
          <button type="button" className="button primary" onClick={() => setOpened('commit')}>
            Commit…
          </button>
        )}
        {!isInTheMiddle && delivery.kind === 'push' && (
          <button
            type="button"
            className={look('push')}
            disabled={push.isPending}
            onClick={() => push.mutate()}
          >
            {push.isPending ? 'Pushing…' : 'Push'}
          </button>
        )}
        {!isInTheMiddle && delivery.kind === 'behind' && (
          <button
            type="button"
            className={look('behind')}
            disabled={pull.isPending}
            onClick={() => pull.mutate('merge')}
          >
            {pull.isPending ? 'Pulling…' : 'Pull'}
          </button>
        )}
        {!isInTheMiddle && delivery.kind === 'diverged' && (
          <button type="button" className={look('diverged')} onClick={() => setOpened('diverged')}>
            Sync…
          </button>
        )}
        {!isInTheMiddle && delivery.kind === 'pushed' && children}
      </section>
      {opened === 'commit' && (
        <CommitSheet chat={chat} onHandOver={onHandOver} onClose={close} onDone={refresh} />
      )}
      {/* What was begun in one of the others goes on here. */}
      {isInTheMiddle && opened !== null && opened !== 'commit' && (
        <MiddleSheet chat={chat} stat={stat} onHandOver={onHandOver} onClose={close} />
      )}
      {canUpdate && opened === 'update' && (
        <UpdateSheet chat={chat} stat={stat} base={stat.base ?? ''} onClose={close} />
      )}
      {!isInTheMiddle && opened === 'diverged' && delivery.kind === 'diverged' && (
        <DivergedSheet chat={chat} remote={delivery.remote} onClose={close} />
      )}
    </>
  );
}
