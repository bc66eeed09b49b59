/** The comments on a chat's changes, at the bottom of the pages on which they are written. */
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { plain, sendPrompt } from '@/features/outbox/store';
import { CommentSheet } from '@/features/review/CommentSheet';
import { ReviewBar } from '@/features/review/ReviewBar';
import type { LineSelection } from '@/features/review/useLineSelection';
import type { ReviewView } from '@/shared/review/comment';
import { useChatChoicesElsewhere } from './useChatChoices';

interface Props {
  chat: string;
  view: ReviewView;
  selection: LineSelection;
  children?: ReactNode;
}

export function ReviewFooter({ chat, view, selection, children }: Props) {
  const [, navigate] = useLocation();
  const choices = useChatChoicesElsewhere(chat);
  return (
    <>
      <ReviewBar
        chat={chat}
        view={view}
        selection={selection}
        onSend={(text) => sendPrompt(chat, plain(text), choices)}
        onSent={() => navigate(`/chat/${chat}`)}
      >
        {children}
      </ReviewBar>
      <CommentSheet chat={chat} />
    </>
  );
}
