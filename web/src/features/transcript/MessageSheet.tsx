/** What can be done with one message. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { isRunning } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { opencode } from '@/shared/api/opencode';
import { queries } from '@/shared/api/queries';
import { copyText } from '@/shared/clipboard';
import type { FileContent } from '@/shared/files';
import { plural, relativePath } from '@/shared/format';
import { explain } from '@/shared/http';
import { type Action, ActionSheet } from '@/shared/ui/ActionSheet';
import { Sheet } from '@/shared/ui/Sheet';
import { commandIn } from './command';
import { contentsOf } from './files/content';
import { forkBefore, textOf, type Undone, undoneBy } from './points';
import { saidIn } from './said';
import { useTakeReverted } from './session';

export type OnWords = (session: string, text: string, files: readonly FileContent[]) => void;

interface Props {
  session: string;
  directory: string;
  message: string;
  /** Gives a prompt that is to be said anew back to the box of a chat. */
  onWords: OnWords;
  onClose: () => void;
}

export default function MessageSheet({ session, directory, message, onWords, onClose }: Props) {
  const [, navigate] = useLocation();
  const [isSelecting, setSelecting] = useState(false);
  const [copied, setCopied] = useState<string | null>(null);
  const transcript = useEvents((state) => state.transcripts[session]);
  const isBusy = useEvents((state) => isRunning(state.chats[session]));
  const takeReverted = useTakeReverted();
  const client = useQueryClient();
  const entry = transcript?.entries[message];
  const isPrompt = entry?.info.role === 'user';
  const text = (transcript && isPrompt ? saidIn(transcript, entry) : textOf(entry)) ?? '';
  const undone = transcript ? undoneBy(transcript, message) : null;

  /** The prompt as it was typed, a command as its name, with what was attached. Had before anything is changed. */
  async function again(): Promise<[text: string, files: readonly FileContent[]]> {
    const parts = entry?.parts ?? [];
    const [files, commands] = await Promise.all([
      contentsOf(parts),
      client.ensureQueryData(queries.commands(directory)).catch(() => []),
    ]);
    const expansion = parts.find((part) => part.type === 'subtask')?.prompt ?? text;
    return [commandIn(expansion, commands) ?? text, files];
  }
  const revert = useMutation({
    async mutationFn(from: string) {
      const words = isPrompt ? await again() : null;
      takeReverted(await opencode.revert(session, directory, from));
      if (words) onWords(session, ...words);
    },
    onSuccess: onClose,
  });
  const fork = useMutation({
    async mutationFn() {
      const words = isPrompt ? await again() : null;
      const before = transcript ? forkBefore(transcript, message) : undefined;
      const forked = await opencode.fork(session, directory, before);
      if (words) onWords(forked.id, ...words);
      return forked;
    },
    onSuccess(forked) {
      onClose();
      navigate(`/chat/${forked.id}`);
    },
  });

  if (isSelecting) {
    return (
      <Sheet title="Text" onClose={onClose}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard. */}
        <pre className="selectable pad" tabIndex={0}>
          {text}
        </pre>
      </Sheet>
    );
  }

  const busy = revert.isPending || fork.isPending;
  const actions: Action[] = [
    {
      label: 'Copy',
      note: copied ?? 'as markdown',
      disabled: text === '',
      stays: true,
      onClick: async () => {
        if (await copyText(text)) onClose();
        else setCopied('The browser did not let it be copied: select the text instead.');
      },
    },
    { label: 'Select text', disabled: text === '', stays: true, onClick: () => setSelecting(true) },
    ...(undone
      ? [
          {
            label: isPrompt ? 'Revert to before this prompt' : 'Revert to here',
            note: isBusy
              ? 'Only when the agent rests: stop it first.'
              : revertNote(undone, isPrompt, directory),
            disabled: isBusy || busy,
            stays: true,
            onClick: () => revert.mutate(undone.from),
          },
        ]
      : []),
    {
      label: isPrompt ? 'Fork before this prompt' : 'Fork from here',
      note: `A new chat with what was said before ${isPrompt ? 'it' : 'and up to here'}. It works in the same folder and branch: what one changes, the other sees.`,
      disabled: busy,
      stays: true,
      onClick: () => fork.mutate(),
    },
  ];
  const failed = revert.error ?? fork.error;
  return (
    <ActionSheet title={isPrompt ? 'Prompt' : 'Answer'} actions={actions} onClose={onClose}>
      {failed && (
        <p className="notice bad" role="alert">
          {explain(failed)}
        </p>
      )}
    </ActionSheet>
  );
}

/** Names of files are said up to so many. */
const mostNames = 3;

function revertNote({ messages, files }: Undone, isPrompt: boolean, directory: string): string {
  const names = files.slice(0, mostNames).map((path) => relativePath(path, directory));
  const more = files.length > mostNames ? ` and ${files.length - mostNames} more` : '';
  const changes = files.length > 0 ? ` and the changes of ${names.join(', ')}${more}` : '';
  const words = isPrompt ? ' What was typed and attached goes back to the box.' : '';
  return `Takes back ${plural(messages, 'message')}${changes}. Can be undone until the next prompt.${words}`;
}
