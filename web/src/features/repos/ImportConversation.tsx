/** Begins a chat with a conversation out of a file. */
import { useMutation } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import type { Schema } from '@/shared/api/schema';
import { sendJson } from '@/shared/http';
import { newSessionId } from '@/shared/identifier';
import { FileButton } from '@/shared/ui/FileButton';
import { Failure } from '@/shared/ui/Notice';

/** An import may be 48 MB, from a phone. */
const timeout = 600_000;

export function ImportConversation({ repo }: { repo: string }) {
  const [, navigate] = useLocation();
  const begin = useMutation({
    mutationFn: async (file: File) => {
      const conversation = parse(await file.text());
      const body = { id: newSessionId(Date.now()), repo, conversation };
      return sendJson<Schema<'Chat'>>('/admin/chats', { method: 'POST', body, timeout });
    },
    onSuccess: ({ id }) => navigate(`/chat/${id}`),
  });
  return (
    <section aria-label="Import">
      <h2 className="section-title">import</h2>
      <div className="pad stack">
        <p className="dim">
          Begins a chat here with a conversation that was exported: in a chat’s menu, or by opencode export.
        </p>
        {begin.error && <Failure what="Not imported." error={begin.error} />}
        <FileButton
          label="Exported conversation"
          accept=".json,application/json"
          disabled={begin.isPending}
          onPick={begin.mutate}
        >
          {begin.isPending ? 'Importing…' : 'Import a conversation'}
        </FileButton>
      </div>
    </section>
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('The file is no conversation that was exported.');
  }
}
