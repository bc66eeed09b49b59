/** The comments on a chat's changes, at the bottom of the pages on which they are written. */
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { choiceWasSent } from '@/features/composer/choices';
import { useEvents } from '@/features/events/store';
import { plain, sendPrompt } from '@/features/outbox/store';
import { CommentSheet } from '@/features/review/CommentSheet';
import { ReviewBar } from '@/features/review/ReviewBar';
import type { LineSelection } from '@/features/review/useLineSelection';
import type { ReviewView } from '@/shared/review/comment';
import { useChatChoices } from './useChatChoices';

interface Props {
  chat: string;
  view: ReviewView;
  selection: LineSelection;
  children?: ReactNode;
}

export function ReviewFooter({ chat, view, selection, children }: Props) {
  const [, navigate] = useLocation();
  const repo = useEvents((state) => state.chats[chat]?.repo ?? null);
  const { told } = useChatChoices(chat, repo);
  async function send(text: string): Promise<void> {
    await sendPrompt(chat, plain(text), told);
    choiceWasSent(chat, told);
  }
  return (
    <>
      <ReviewBar
        chat={chat}
        view={view}
        selection={selection}
        onSend={send}
        onSent={() => navigate(`/chat/${chat}`)}
      >
        {children}
      </ReviewBar>
      <CommentSheet chat={chat} />
    </>
  );
}
