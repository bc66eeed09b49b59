/** A chat: its conversation or its preparation, what waits for an answer, and the composer. */
import { useMutation } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { isReady } from '@/features/chats/status';
import { ChoiceChips } from '@/features/composer/ChoiceChips';
import { Composer } from '@/features/composer/Composer';
import { choiceWasSent, nothingChosen } from '@/features/composer/choices';
import { addToDraft } from '@/features/composer/draft';
import { giveBack } from '@/features/composer/giveBack';
import { isRunning } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { watchTranscript } from '@/features/events/sync';
import type { TakenBack } from '@/features/outbox/item';
import { PendingPrompts } from '@/features/outbox/PendingPrompts';
import { type Message, plain, sendPrompt, useOutbox } from '@/features/outbox/store';
import { Prompts } from '@/features/prompts/Prompts';
import { canStop, stopChat } from '@/features/prompts/stopChat';
import type { ChatView } from '@/shared/api/relay';
import { plural } from '@/shared/format';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Changes } from './Changes';
import { useChatChoices } from './useChatChoices';

// The composer can be typed into before what draws the conversation has arrived.
const loadTranscript = () => import('@/features/transcript/Transcript');
const Transcript = lazy(loadTranscript);
const SetupProgress = lazy(() => import('@/features/setup/SetupProgress'));
const SetupNotice = lazy(() => import('@/features/setup/SetupNotice'));
const Preparing = lazy(() =>
  import('@/features/chats/Preparing').then((module) => ({ default: module.Preparing })),
);

interface Props {
  id: string;
  /** Unknown until the stream has told of it. */
  chat: ChatView | undefined;
  repo: string | null;
  /** Whether this page has just begun it. */
  isBegun: boolean;
}

export function Conversation({ id, chat, repo, isBegun }: Props) {
  const [, navigate] = useLocation();
  const choices = useChatChoices(id, repo);
  const isBusy = isRunning(chat);
  const isThere = chat !== undefined && isReady(chat);
  const directory = chat?.directory ?? undefined;
  const [sent, setSent] = useState(0);
  const send = async (message: Message) => {
    const { told } = choices;
    await sendPrompt(id, message, told);
    choiceWasSent(id, told);
    setSent((count) => count + 1);
  };
  // What draws the conversation and what it says are asked for at once, while the stream still begins.
  useEffect(() => void loadTranscript(), []);
  const mayBeThere = chat === undefined ? !isBegun : isThere;
  useEffect(() => (mayBeThere ? watchTranscript(id) : undefined), [id, mayBeThere]);

  async function takenBack(back: TakenBack) {
    const { items, accepted } = useOutbox.getState();
    // Itself it is still there until it is in a box.
    const others = [...items, ...accepted].filter((item) => item.chat === id).length - 1;
    if (chat || others > 0) {
      await giveBack(id, back);
      return;
    }
    // It was the first, and the chat was never made: what was typed goes back to where it was typed.
    await giveBack('new', { ...back, manner: nothingChosen });
    navigate(repo === null ? '/new' : `/new?repo=${encodeURIComponent(repo)}`, { replace: true });
  }

  async function cancel(view: ChatView) {
    const { cancelPreparation } = await import('./cancelPreparation');
    await cancelPreparation(view);
    navigate(repo === null ? '/new' : `/new?repo=${encodeURIComponent(repo)}`, { replace: true });
  }

  const pending = <PendingPrompts chat={id} onTakenBack={takenBack} />;
  return (
    <>
      {isThere ? (
        <Suspense fallback={<div className="page-body" />}>
          <Transcript session={id} directory={chat.directory ?? ''} onWords={addToDraft} sent={sent}>
            <Resume chat={chat} send={() => send(plain(continuation))} />
            {pending}
            <Suspense>
              <SetupNotice chat={id} />
            </Suspense>
            <Changes chat={chat} isBusy={isBusy} />
          </Transcript>
        </Suspense>
      ) : (
        <main className="page-body">
          <div className="page-content inset">
            {pending}
            <Suspense>
              {chat && (
                <Preparing chat={chat} onCancel={cancel}>
                  {chat.preparation?.state === 'setting_up' && <SetupProgress chat={id} />}
                </Preparing>
              )}
            </Suspense>
            {!chat && !isBegun && <Loading what="loading the chat" />}
          </div>
        </main>
      )}
      <div className="dock">
        <Prompts chat={id} />
        <Composer
          draft={id}
          placeholder={isBusy ? 'Sent when the agent is done' : 'Reply'}
          directory={directory}
          repo={repo}
          chat={isThere ? id : null}
          model={choices.model}
          onSend={send}
          onStop={chat && canStop(chat) ? () => stopChat(chat) : undefined}
          recall={() => recallLast(id)}
        >
          <ChoiceChips choices={choices} directory={directory} modelsOf={directory} />
        </Composer>
      </div>
    </>
  );
}

/** What the person said last in a chat; on a desktop only, so it comes when it is wanted. */
async function recallLast(session: string): Promise<string | null> {
  const { lastSaid } = await import('@/features/transcript/said');
  return lastSaid(useEvents.getState().transcripts[session]);
}

/** What an agent is told that was cut off in the middle of its work. */
const continuation = 'You were interrupted. Continue where you left off.';

/** One tap goes on where the work was cut off. */
function Resume({ chat, send }: { chat: ChatView; send: () => Promise<void> }) {
  const { mutate, error, isPending } = useMutation({ mutationFn: send });
  if (chat.state !== 'interrupted') return null;
  return (
    <>
      {error && <Failure what="Not sent." error={error} />}
      <button type="button" className="button primary wide" disabled={isPending} onClick={() => mutate()}>
        Continue
      </button>
      <Link href="/resources#continue" className="text-link">
        {chat.continued > 0
          ? `continued by itself ${plural(chat.continued, 'time')}`
          : 'continue by itself next time'}{' '}
        ›
      </Link>
    </>
  );
}
