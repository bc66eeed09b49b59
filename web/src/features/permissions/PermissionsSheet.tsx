/** How permissive one chat is. */
import { useMutation } from '@tanstack/react-query';
import { admin, type Permissions } from '@/shared/api/admin';
import type { ChatView } from '@/shared/api/relay';
import { Failure } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import { LevelList } from './LevelList';
import { exceptions, levelWord } from './levels';

export function PermissionsSheet({ chat, onClose }: { chat: ChatView; onClose: () => void }) {
  const change = useMutation({
    mutationFn: (permissions: Permissions) => admin.changePermissions(chat.id, permissions),
  });
  // What holds is what the server tells: another device may have changed it since.
  const chosen = change.isPending ? change.variables : chat.permissions;
  return (
    <Sheet title="Permissions" onClose={onClose}>
      <p className="pad dim">
        What the agent of this chat may do without asking, from your next prompt on. What waits for an answer
        goes on waiting.{chosen === null && ` Now: ${levelWord(null)}.`}
      </p>
      {change.error && <Failure what="Not changed." error={change.error} />}
      <LevelList
        label="Permissions of this chat"
        chosen={chosen}
        hasConfigured={false}
        isPending={change.isPending}
        onChoose={(permissions) => permissions !== null && change.mutate(permissions)}
      />
      <p className="pad dim">{exceptions} “Always” on a card holds in this working copy.</p>
    </Sheet>
  );
}
