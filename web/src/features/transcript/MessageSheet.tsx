/** What can be done with one message. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { isRunning } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { opencode } from '@/shared/api/opencode';
import { copyText } from '@/shared/clipboard';
import { plural, relativePath } from '@/shared/format';
import { explain } from '@/shared/http';
import { type Action, ActionSheet } from '@/shared/ui/ActionSheet';
import { Sheet } from '@/shared/ui/Sheet';
import { forkBefore, textOf, type Undone, undoneBy } from './points';
import { useTakeReverted } from './session';

interface Props {
  session: string;
  directory: string;
  message: string;
  /** Gives words back to the box of a chat: a prompt that is to be said anew. */
  onWords: (session: string, text: string) => void;
  onClose: () => void;
}

export default function MessageSheet({ session, directory, message, onWords, onClose }: Props) {
  const [, navigate] = useLocation();
  const [isSelecting, setSelecting] = useState(false);
  const [copied, setCopied] = useState<string | null>(null);
  const transcript = useEvents((state) => state.transcripts[session]);
  const isBusy = useEvents((state) => isRunning(state.chats[session]));
  const takeReverted = useTakeReverted();
  const text = textOf(transcript?.entries[message]);
  const isPrompt = transcript?.entries[message]?.info.role === 'user';
  const undone = transcript ? undoneBy(transcript, message) : null;

  const revert = useMutation({
    mutationFn: (from: string) => opencode.revert(session, directory, from),
    onSuccess(reverted) {
      takeReverted(reverted);
      if (isPrompt) onWords(session, text);
      onClose();
    },
  });
  const fork = useMutation({
    mutationFn: () =>
      opencode.fork(session, directory, transcript ? forkBefore(transcript, message) : undefined),
    onSuccess(forked) {
      if (isPrompt) onWords(forked.id, text);
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
  const words = isPrompt ? ' Its text goes back to the box.' : '';
  return `Takes back ${plural(messages, 'message')}${changes}. Can be undone until the next prompt.${words}`;
}
