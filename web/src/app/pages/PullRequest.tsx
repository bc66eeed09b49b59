/** A chat's pull request, with what other features do about it: sending, and deleting the chat. */
import { lazy, Suspense, useState } from 'react';
import { useLocation } from 'wouter';
import { choiceWasSent } from '@/features/composer/choices';
import { plain, sendPrompt } from '@/features/outbox/store';
import { PullRequestRow } from '@/features/pull-request/PullRequestRow';
import type { GitStat } from '@/shared/api/git';
import type { ChatView } from '@/shared/api/relay';
import { useChatChoices } from './useChatChoices';

const DeleteChatSheet = lazy(() =>
  import('@/features/chats/DeleteChatSheet').then((module) => ({ default: module.DeleteChatSheet })),
);

export default function PullRequest({ chat, stat }: { chat: ChatView; stat: GitStat }) {
  const [, navigate] = useLocation();
  const { told } = useChatChoices(chat.id, chat.repo);
  const [isDeleting, setDeleting] = useState(false);
  if (chat.repo === null || chat.branch === null) return null;
  async function send(text: string) {
    await sendPrompt(chat.id, plain(text), told);
    choiceWasSent(chat.id, told);
  }
  return (
    <>
      <PullRequestRow
        chat={chat}
        repo={chat.repo}
        branch={chat.branch}
        stat={stat}
        onSend={send}
        onDelete={() => setDeleting(true)}
      />
      <Suspense>
        {isDeleting && (
          <DeleteChatSheet
            chat={chat}
            onClose={() => setDeleting(false)}
            onDeleted={() => navigate(`/new?repo=${encodeURIComponent(chat.repo ?? '')}`, { replace: true })}
          />
        )}
      </Suspense>
    </>
  );
}
