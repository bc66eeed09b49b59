/** Chooses the branch that a new chat begins from. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '@/shared/api/queries';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Options } from '@/shared/ui/Options';
import { Sheet } from '@/shared/ui/Sheet';

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
  const cloned = useQuery(queries.repos());
  const isCloned = cloned.data?.some((other) => other.name === repo && other.state === 'ready') ?? false;
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
