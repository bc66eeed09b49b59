/** `/chat/<session>/terminal`: a shell in the chat's working copy. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { Link } from 'wouter';
import { useEvents } from '@/features/events/store';
import { EndTerminalSheet } from '@/features/terminal/EndTerminalSheet';
import { TerminalView } from '@/features/terminal/TerminalView';
import { opencode } from '@/shared/api/opencode';
import { queries } from '@/shared/api/queries';
import { IconButton } from '@/shared/ui/Icon';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Tabs } from '@/shared/ui/Tabs';
import { TopBar } from '@/shared/ui/TopBar';
import { BackButton } from '../BackButton';
import { useTitle } from '../useTitle';
import { useShown } from './ChatPage';
import { useWorkingCopy } from './useWorkingCopy';
import './terminal-page.css';

export default function TerminalPage({ id }: { id: string }) {
  const branch = useEvents((state) => state.chats[id]?.branch ?? null);
  const place = useWorkingCopy(id);
  useTitle('Terminal');
  useShown(id);
  return (
    <>
      <TopBar before={<BackButton href={`/chat/${id}`} label="the chat" />} title="Terminal" sub={branch} />
      {place.kind === 'there' && <Terminals directory={place.directory} />}
      {place.kind === 'awaited' && <Loading what={place.what} />}
      {place.kind === 'unknown' && (
        <Failure what="The working copy was not found." error={place.error} onRetry={place.ask} />
      )}
      {place.kind === 'gone' && (
        <main className="pad stack" data-testid="no-working-copy">
          <p>{place.why} No terminal can be opened in it.</p>
          <Link href={`/chat/${id}`} className="button wide" replace>
            Back to the chat
          </Link>
        </main>
      )}
    </>
  );
}

/** They run on while nobody looks, on whatever device they were opened; the first is opened by looking. */
function Terminals({ directory }: { directory: string }) {
  const queryClient = useQueryClient();
  const [chosen, setChosen] = useState<string | null>(null);
  const [ending, setEnding] = useState<string | null>(null);
  const { data, error, refetch } = useQuery(queries.terminals(directory));
  const listed = useCallback(
    () => queryClient.invalidateQueries({ queryKey: queries.terminals(directory).queryKey }),
    [queryClient, directory],
  );
  const open = useMutation({
    mutationFn: () => opencode.openTerminal(directory),
    onSuccess: async ({ id }) => {
      await listed();
      setChosen(id);
    },
  });
  const running = data?.filter(({ status }) => status === 'running') ?? [];
  const shown = running.find(({ id }) => id === chosen) ?? running[0];
  const failure = error ?? open.error;
  return (
    <main className="terminal-page">
      <div className="terminal-list">
        {shown && running.length > 1 && (
          <Tabs
            label="Terminals"
            chosen={shown.id}
            onChoose={setChosen}
            tabs={running.map(({ id }, index) => ({ value: id, label: String(index + 1) }))}
          />
        )}
        {shown && (
          <button type="button" className="text-link" onClick={() => setEnding(shown.id)}>
            end it
          </button>
        )}
        <IconButton name="plus" label="New terminal" onClick={() => open.mutate()} />
      </div>
      {failure && (
        <Failure what="The terminal does not work." error={failure} onRetry={() => void refetch()} />
      )}
      {!data && !error && <Loading what="looking for terminals" />}
      {shown && <TerminalView key={shown.id} directory={directory} id={shown.id} onEnded={listed} />}
      {data && !shown && (
        <div className="pad stack">
          <p className="dim">
            A shell in the chat’s working copy, on the machine of ocweb, beside the agent. It runs on when you
            leave this page.
          </p>
          <button
            type="button"
            className="button primary wide"
            disabled={open.isPending}
            onClick={() => open.mutate()}
          >
            Open a terminal
          </button>
        </div>
      )}
      {ending !== null && (
        <EndTerminalSheet
          directory={directory}
          id={ending}
          onEnded={() => void listed()}
          onClose={() => setEnding(null)}
        />
      )}
    </main>
  );
}
