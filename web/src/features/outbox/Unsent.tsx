/** The chats with something on this phone that the server does not have yet: a chat that begins so is in no list. */
import { Link } from 'wouter';
import { useEvents } from '@/features/events/store';
import { type Item, inOrder } from './item';
import { useOutbox } from './store';
import './outbox.css';

export function Unsent({ onChoose }: { onChoose: () => void }) {
  const items = useOutbox((state) => state.items);
  const setbacks = useOutbox((state) => state.setbacks);
  const chats = useEvents((state) => state.chats);
  const isLive = useEvents((state) => state.connection.phase === 'live');
  const first = new Map<string, Item>();
  for (const item of inOrder(items)) if (!first.has(item.chat)) first.set(item.chat, item);
  if (first.size === 0) return null;
  return (
    <nav aria-label="Not sent yet">
      <h2 className="section-title">not sent yet</h2>
      {[...first.values()].map((item) => (
        <Link
          key={item.chat}
          href={`/chat/${item.chat}`}
          className="row"
          data-testid="unsent"
          onClick={onChoose}
        >
          <span className="grow">
            <span className="unsent-text">{item.text}</span>
            <span className="sub block-line">
              {standing(item, isLive, item.id in setbacks)}{' '}
              {chats[item.chat]?.title ?? item.newChat?.repo.split('/').pop()}
            </span>
          </span>
        </Link>
      ))}
    </nav>
  );
}

function standing({ refusal }: Item, isLive: boolean, isSetBack: boolean): string {
  if (refusal !== null) return '× refused';
  if (!isLive) return '… waiting for the network';
  return isSetBack ? '… trying again' : '… being sent';
}
