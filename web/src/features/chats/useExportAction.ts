/** The action of a chat's menu that saves its conversation as a file. */
import { useMutation } from '@tanstack/react-query';
import type { ChatView } from '@/shared/api/relay';
import { viewTitle } from '@/shared/chatTitle';
import { explain } from '@/shared/http';
import { fileNameOf, saveFile } from '@/shared/saveFile';
import type { Action } from '@/shared/ui/ActionSheet';

export function useExportAction(chat: ChatView, onSaved: () => void): Action {
  const { mutate, error, isPending } = useMutation({
    mutationFn: () =>
      saveFile(`/admin/chats/${chat.id}/conversation`, `${fileNameOf(viewTitle(chat), chat.id)}.json`),
    onSuccess: onSaved,
  });
  const failure = error && `Not exported. ${explain(error)}`;
  return {
    label: 'Export the conversation',
    note: isPending ? 'Exporting…' : (failure ?? 'as a file, to keep or to import elsewhere'),
    disabled: isPending,
    onClick: mutate,
    stays: true,
  };
}
