/** Chooses the branch that a new chat begins from. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { admin } from '@/shared/api/admin';
import { queries } from '@/shared/api/queries';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Options } from '@/shared/ui/Options';
import { ProgressBar } from '@/shared/ui/ProgressBar';
import { Sheet } from '@/shared/ui/Sheet';
import './repos.css';

export default function BranchSheet({
  repo,
  chosen,
  onChoose,
  onClose,
}: {
  repo: string;
  chosen: string | null;
  /** null: the repository's default branch. */
  onChoose: (branch: string | null) => void;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const cloned = useQuery(queries.repos());
  const clone = cloned.data?.find((other) => other.name === repo && other.state === 'ready');
  const isCloned = clone !== undefined;
  // What is new comes while the list is read; closing this ends it.
  const fetched = useQuery({
    queryKey: ['fetch', repo],
    queryFn: async ({ signal }) => {
      const fetching = admin.fetchRepo(repo, signal);
      void client.invalidateQueries({ queryKey: queries.repos().queryKey });
      await fetching;
      await client.invalidateQueries({ queryKey: queries.branches(repo).queryKey });
      return null;
    },
    enabled: isCloned,
    staleTime: 0,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });
  // How far that is.
  useQuery({ ...queries.repos(), enabled: fetched.isFetching, refetchInterval: 1_000 });
  const branches = useQuery({ ...queries.branches(repo), enabled: isCloned });
  const [typed, setTyped] = useState('');
  const shown = branches.data?.filter((branch) => branch.name.toLowerCase().includes(typed.toLowerCase()));
  return (
    <Sheet title="Begin from" onClose={onClose}>
      <form
        className="pad"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() !== '') onChoose(typed.trim());
        }}
      >
        <input
          className="search"
          aria-label="Branch"
          placeholder={isCloned ? 'Search, or type a branch' : 'Type a branch'}
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          enterKeyHint="done"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </form>
      <Options
        label="Branch"
        chosen={chosen ?? ''}
        onChoose={onChoose}
        options={[
          { key: '', value: null, label: 'default branch', note: 'freshly fetched' },
          ...(typed.trim() !== '' && !shown?.some((branch) => branch.name === typed.trim())
            ? [{ key: typed.trim(), value: typed.trim(), label: typed.trim(), note: 'as typed' }]
            : []),
          ...(shown ?? []).map((branch) => ({
            key: branch.name,
            value: branch.name,
            label: branch.name,
            ...(branch.default ? { note: 'default' } : {}),
          })),
        ]}
      />
      {fetched.isFetching && (
        <div className="pad fetching">
          <p className="dim" role="status">
            <span className="pulse" /> fetching what is new
          </p>
          {clone?.progress && <ProgressBar progress={clone.progress} />}
        </div>
      )}
      {fetched.error && (
        <Failure what="What is new could not be fetched." error={fetched.error} onRetry={fetched.refetch} />
      )}
      {isCloned && branches.isPending && <Loading what="loading branches" />}
      {branches.error && (
        <Failure what="The branches could not be loaded." error={branches.error} onRetry={branches.refetch} />
      )}
      {cloned.isFetched && !isCloned && (
        <p className="dim pad">Branches are listed once the repository is cloned.</p>
      )}
    </Sheet>
  );
}
