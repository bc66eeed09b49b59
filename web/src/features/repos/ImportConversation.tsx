/** Begins a chat with a conversation out of a file. */
import { useMutation } from '@tanstack/react-query';
import { type ChangeEvent, useRef } from 'react';
import { useLocation } from 'wouter';
import type { Schema } from '@/shared/api/schema';
import { sendJson } from '@/shared/http';
import { newSessionId } from '@/shared/identifier';
import { Failure } from '@/shared/ui/Notice';

/** An import may be 48 MB, from a phone. */
const timeout = 600_000;

export function ImportConversation({ repo }: { repo: string }) {
  const input = useRef<HTMLInputElement>(null);
  const [, navigate] = useLocation();
  const begin = useMutation({
    mutationFn: async (file: File) => {
      const conversation = parse(await file.text());
      const body = { id: newSessionId(Date.now()), repo, conversation };
      return sendJson<Schema<'Chat'>>('/admin/chats', { method: 'POST', body, timeout });
    },
    onSuccess: ({ id }) => navigate(`/chat/${id}`),
  });
  function picked({ target }: ChangeEvent<HTMLInputElement>) {
    const file = target.files?.[0];
    if (file) begin.mutate(file);
    // Else the same file could not be picked again.
    target.value = '';
  }
  return (
    <section aria-label="Import">
      <h2 className="section-title">import</h2>
      <div className="pad stack">
        <p className="dim">
          Begins a chat here with a conversation that was exported: in a chat’s menu, or by opencode export.
        </p>
        {begin.error && <Failure what="Not imported." error={begin.error} />}
        <input
          ref={input}
          type="file"
          hidden
          tabIndex={-1}
          accept=".json,application/json"
          data-testid="import-input"
          onChange={picked}
        />
        <button
          type="button"
          className="button wide"
          disabled={begin.isPending}
          onClick={() => input.current?.click()}
        >
          {begin.isPending ? 'Importing…' : 'Import a conversation'}
        </button>
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
