/** Chats that ended and were not looked at, failed, or were cut off. */
import { useMutation } from '@tanstack/react-query';
import { relay } from '@/shared/api/relay';
import { Failure } from '@/shared/ui/Notice';
import { ChatLine } from './ChatLine';
import type { ended } from './select';

type EndedChat = ReturnType<typeof ended>[number];

const words: Record<EndedChat['state'], { word: string; colour: string }> = {
  unread: { word: 'done', colour: 'added' },
  failed: { word: 'failed', colour: 'deleted' },
  interrupted: { word: 'interrupted', colour: 'warn-text' },
};

export function Ended({ chats }: { chats: readonly EndedChat[] }) {
  const unread = chats.filter(({ state }) => state === 'unread');
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => Promise.all(unread.map(({ id }) => relay.markRead(id, true))),
  });
  return (
    <section aria-label="Worth a look">
      <h2 className="section-title">worth a look</h2>
      {chats.map((chat) => (
        <div key={chat.id} data-testid="inbox-chat" data-state={chat.state}>
          <ChatLine
            chat={chat}
            since={chat.since}
            word={<span className={words[chat.state].colour}>{words[chat.state].word}</span>}
          >
            {chat.state === 'failed' ? (chat.error?.detail ?? chat.error?.title) : undefined}
          </ChatLine>
        </div>
      ))}
      {error && <Failure what="Not marked as read." error={error} />}
      {unread.length > 0 && (
        <div className="pad">
          <button type="button" className="button wide" disabled={isPending} onClick={() => mutate()}>
            Mark what is done as read
          </button>
        </div>
      )}
    </section>
  );
}
