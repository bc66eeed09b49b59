/** How permissive one chat is. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { admin, type Permissions } from '@/shared/api/admin';
import type { ChatView } from '@/shared/api/relay';
import { Failure } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import { LevelList } from './LevelList';
import { levelWord } from './levels';

export function PermissionsSheet({ chat, onClose }: { chat: ChatView; onClose: () => void }) {
  const [chosen, setChosen] = useState<Permissions | null>(null);
  const change = useMutation({
    mutationFn: (permissions: Permissions) => admin.changePermissions(chat.id, permissions),
    onSuccess: (_, permissions) => setChosen(permissions),
  });
  return (
    <Sheet title="Permissions" onClose={onClose}>
      <p className="pad dim">
        What the agent of this chat may do without asking, from your next prompt on. What waits for an answer
        goes on waiting.{chat.permissions === null && chosen === null && ` Now: ${levelWord(null)}.`}
      </p>
      {change.error && <Failure what="Not changed." error={change.error} />}
      <LevelList
        label="Permissions of this chat"
        chosen={chosen ?? chat.permissions}
        hasConfigured={false}
        isPending={change.isPending}
        onChoose={(permissions) => permissions !== null && change.mutate(permissions)}
      />
      <p className="pad dim">
        Subagents have the permissions of opencode’s configuration. “Always” on a card holds for the whole
        repository.
      </p>
    </Sheet>
  );
}
