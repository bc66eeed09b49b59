/** Says that a request cannot be answered any more, and what to do instead. */
import type { ChatView, StaleRequest } from '@/shared/api/relay';
import { ChatLine } from './ChatLine';

export function Voided({ chat, request }: { chat: ChatView; request: StaleRequest }) {
  return (
    <article aria-label={request.summary} data-testid="inbox-void" data-request={request.id}>
      <ChatLine chat={chat} since={request.at}>
        opencode restarted, so this {request.kind} cannot be answered any more: “{request.summary}”. Continue
        the chat, and it will ask again if it has to.
      </ChatLine>
    </article>
  );
}
