/** A chat: its conversation or its preparation, what waits for an answer, and the composer. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect } from 'react';
import { Link, useLocation } from 'wouter';
import { Preparing } from '@/features/chats/Preparing';
import { isReady } from '@/features/chats/status';
import { ChoiceChips } from '@/features/composer/ChoiceChips';
import { Composer } from '@/features/composer/Composer';
import { useChoices } from '@/features/composer/choices';
import { addToDraft } from '@/features/composer/draft';
import { type EventState, isRunning } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { PendingPrompts } from '@/features/outbox/PendingPrompts';
import { sendPrompt, useOutbox } from '@/features/outbox/store';
import { Prompts } from '@/features/prompts/Prompts';
import { stopChat } from '@/features/prompts/stopChat';
import { queries } from '@/shared/api/queries';
import type { ChatView } from '@/shared/api/relay';
import { DiffCounts } from '@/shared/diff/DiffCounts';
import { plural } from '@/shared/format';
import { Failure, Loading } from '@/shared/ui/Notice';

// The composer can be typed into before what draws the conversation has arrived.
const Transcript = lazy(() => import('@/features/transcript/Transcript'));

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
  const model = useEvents((state) => lastUsed(state, id)?.model ?? null);
  const mode = useEvents((state) => lastUsed(state, id)?.mode ?? null);
  const choices = useChoices({ model, mode });
  const isBusy = isRunning(chat);
  const send = (text: string) => sendPrompt(id, { text, model: choices.model, agent: choices.mode });

  function takenBack(text: string) {
    const { items, accepted } = useOutbox.getState();
    if (chat || [...items, ...accepted].some((item) => item.chat === id)) {
      addToDraft(id, text);
      return;
    }
    // It was the first, and the chat was never made: what was typed goes back to where it was typed.
    addToDraft('new', text);
    navigate(repo === null ? '/new' : `/new?repo=${encodeURIComponent(repo)}`, { replace: true });
  }

  const pending = <PendingPrompts chat={id} onTakenBack={takenBack} />;
  return (
    <>
      {chat && isReady(chat) ? (
        <Suspense fallback={<div className="page-body" />}>
          <Transcript session={id} directory={chat.directory ?? ''} onWords={addToDraft}>
            <Resume chat={chat} send={send} />
            {pending}
            <Changes chat={chat} isBusy={isBusy} />
          </Transcript>
        </Suspense>
      ) : (
        <main className="page-body">
          <div className="page-content inset">
            {pending}
            {chat && <Preparing chat={chat} />}
            {!chat && !isBegun && <Loading what="loading the chat" />}
          </div>
        </main>
      )}
      <div className="dock">
        <Prompts chat={id} />
        <Composer
          draft={id}
          placeholder={isBusy ? 'Sent when the agent is done' : 'Reply'}
          onSend={send}
          onStop={chat && isBusy ? () => stopChat(chat) : undefined}
        >
          <ChoiceChips choices={choices} directory={chat?.directory ?? undefined} />
        </Composer>
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

/** What an agent is told that was cut off in the middle of its work. */
const continuation = 'You were interrupted. Continue where you left off.';

/** One tap goes on where the work was cut off. */
function Resume({ chat, send }: { chat: ChatView; send: (text: string) => Promise<void> }) {
  const { mutate, error, isPending } = useMutation({ mutationFn: () => send(continuation) });
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

/** What the chat changed so far, at the end of the conversation while nothing runs. */
function Changes({ chat, isBusy }: { chat: ChatView; isBusy: boolean }) {
  const queryClient = useQueryClient();
  const directory = chat.directory ?? '';
  const { data } = useQuery({ ...queries.branchDiff(directory), enabled: !isBusy && directory !== '' });
  useEffect(() => {
    if (!isBusy) void queryClient.invalidateQueries({ queryKey: ['diff', directory] });
  }, [isBusy, directory, queryClient]);
  if (isBusy || !data || data.length === 0) return null;
  const additions = data.reduce((sum, file) => sum + file.additions, 0);
  const deletions = data.reduce((sum, file) => sum + file.deletions, 0);
  return (
    <Link href={`/chat/${chat.id}/diff`} className="button changes" data-testid="changes">
      <span>
        {plural(data.length, 'file')} changed <DiffCounts additions={additions} deletions={deletions} />
      </span>
      <span aria-hidden="true">›</span>
    </Link>
  );
}
