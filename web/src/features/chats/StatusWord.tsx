/** A chat's state as a mark and a word. */
import type { ChatActivity } from '@/shared/api/relay';
import { statusSign } from './status';
import './chats.css';

export function StatusWord({ state, percent = null }: { state: ChatActivity; percent?: number | null }) {
  const { word, mark } = statusSign(state);
  return (
    <span className={`status status-${state}`} data-testid="chat-state" data-state={word}>
      <span className={mark === null ? 'pulse' : 'status-mark'} aria-hidden="true">
        {mark}
      </span>{' '}
      {word}
      {state === 'preparing' && percent !== null && ` ${Math.round(percent)}%`}
    </span>
  );
}
