/** Deletes a chat, after saying what goes with it. */
import { deleting } from '@/shared/api/deleting';
import { opencode } from '@/shared/api/opencode';
import type { ChatView } from '@/shared/api/relay';
import { viewTitle } from '@/shared/chatTitle';
import { plural } from '@/shared/format';
import { useGitStats } from '@/shared/git/useGitStats';
import { DeleteSheet } from '@/shared/ui/DeleteSheet';

export interface DeleteChatSheetProps {
  chat: ChatView;
  onClose: () => void;
  onDeleted: () => void;
}

export function DeleteChatSheet({ chat, onClose, onDeleted }: DeleteChatSheetProps) {
  const isOurs = chat.repo !== null;
  return (
    <DeleteSheet
      title="Delete this chat?"
      remove={async (terms) => {
        if (isOurs) return deleting.chat(chat.id, terms);
        await opencode.deleteSession(chat.id, chat.directory ?? '');
        return [];
      }}
      onClose={onClose}
      onDeleted={onDeleted}
    >
      <p>“{viewTitle(chat)}”</p>
      {isOurs ? (
        <WithWorkingCopy chat={chat} />
      ) : (
        <p className="dim">
          The conversation will be gone. It was begun elsewhere: its folder <code>{chat.directory}</code>{' '}
          stays.
        </p>
      )}
    </DeleteSheet>
  );
}

function WithWorkingCopy({ chat }: { chat: ChatView }) {
  const stat = useGitStats().get(chat.id);
  const uncommitted = stat?.uncommitted_files ?? 0;
  return (
    <>
      <p className="dim">
        The conversation, its working copy
        {chat.branch !== null && (
          <>
            {' '}
            and the branch <code>{chat.branch}</code>
          </>
        )}{' '}
        will be gone. Changes that are not committed or not pushed are told first, then saved for a while:
        they can be restored, the conversation cannot.
      </p>
      {uncommitted > 0 && <p className="notice warn">Not committed: {plural(uncommitted, 'file')}.</p>}
    </>
  );
}
