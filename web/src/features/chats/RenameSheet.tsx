/** Gives a chat another title. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { opencode } from '@/shared/api/opencode';
import type { ChatView } from '@/shared/api/relay';
import { viewTitle } from '@/shared/chatTitle';
import { Failure } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';

export function RenameSheet({ chat, onClose }: { chat: ChatView; onClose: () => void }) {
  const [name, setName] = useState(() => viewTitle(chat));
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => opencode.rename(chat.id, chat.directory ?? '', name.trim()),
    onSuccess: onClose,
  });
  return (
    <Sheet title="Rename" onClose={onClose}>
      <form
        className="pad stack"
        onSubmit={(event) => {
          event.preventDefault();
          mutate();
        }}
      >
        <input
          className="search"
          aria-label="Title"
          value={name}
          maxLength={200}
          onChange={(event) => setName(event.target.value)}
        />
        {error && <Failure what="Not renamed." error={error} />}
        <button type="submit" className="button primary wide" disabled={isPending || name.trim() === ''}>
          Rename
        </button>
      </form>
    </Sheet>
  );
}
