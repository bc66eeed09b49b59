/** The chats of which nothing is sent. */

import { Failure } from '@/shared/ui/Notice';
import { useChatMute } from './useChatMute';

export function Muted({
  chats,
  titles,
}: {
  chats: readonly string[];
  titles: Readonly<Record<string, string>>;
}) {
  return (
    <section aria-label="Muted chats">
      <h2 className="section-title">muted chats</h2>
      {chats.length === 0 && <p className="dim pad">none; a chat is muted by its three dots</p>}
      {chats.map((chat) => (
        <MutedRow key={chat} chat={chat} title={titles[chat] ?? chat} />
      ))}
    </section>
  );
}

function MutedRow({ chat, title }: { chat: string; title: string }) {
  const { mute, error, isPending } = useChatMute(chat);
  return (
    <>
      <div className="row" data-testid="muted-chat">
        <span className="grow">{title}</span>
        <button
          type="button"
          className="button"
          aria-label={`Unmute ${title}`}
          disabled={isPending}
          onClick={() => mute(false)}
        >
          unmute
        </button>
      </div>
      {error && <Failure what="Not changed." error={error} />}
    </>
  );
}
