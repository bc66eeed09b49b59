/** The repositories one can work in: those cloned here first, then those on GitHub. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { ago } from '@/shared/ago';
import type { GithubRepository, Repository } from '@/shared/api/admin';
import { deleting } from '@/shared/api/deleting';
import { queries } from '@/shared/api/queries';
import { IconButton } from '@/shared/ui/Icon';
import { Failure, Loading } from '@/shared/ui/Notice';
import { ProgressBar } from '@/shared/ui/ProgressBar';
import { extentWords } from './extents';
import './repos.css';

export interface RepoListProps {
  chosen: string | null;
  onChoose: (repo: string) => void;
  /** Opens what can be set for a clone. */
  onSettings?: ((repo: string) => void) | undefined;
}

export function RepoList({ chosen, onChoose, onSettings }: RepoListProps) {
  const [search, setSearch] = useState('');
  const cloned = useQuery(queries.repos());
  const instance = useQuery(queries.instance());
  const noToken = instance.data?.missing.find((setting) => setting.name === 'GITHUB_TOKEN');
  const github = useQuery({ ...queries.githubRepos(), enabled: instance.isFetched && noToken === undefined });

  const words = search.toLowerCase().split(/\s+/);
  const matches = (text: string) => words.every((word) => text.toLowerCase().includes(word));
  const here = cloned.data?.filter((repo) => matches(repo.name));
  const names = new Set(cloned.data?.map((repo) => repo.name.toLowerCase()));
  const there = github.data?.filter(
    (repo) =>
      !names.has(repo.full_name.toLowerCase()) && matches(`${repo.full_name} ${repo.description ?? ''}`),
  );
  const loading = cloned.isPending || (noToken === undefined && github.isPending);
  const nothing =
    !loading && noToken === undefined && !cloned.error && !github.error && !here?.length && !there?.length;

  return (
    <div className="repo-list">
      <div className="pad">
        <input
          type="search"
          className="search"
          aria-label="Search repositories"
          placeholder="Search repositories"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </div>
      {cloned.error && (
        <Failure
          what="The cloned repositories could not be loaded."
          error={cloned.error}
          onRetry={cloned.refetch}
        />
      )}
      {here !== undefined && here.length > 0 && (
        <>
          <h2 className="section-title">cloned here</h2>
          {here.map((repo) => (
            <div className="repo-row" key={repo.name}>
              <ClonedRow repo={repo} chosen={repo.name === chosen} onChoose={onChoose} />
              {onSettings && repo.state === 'ready' && (
                <IconButton
                  name="dots"
                  label={`Settings of ${repo.name}`}
                  className="repo-row-more"
                  onClick={() => onSettings(repo.name)}
                />
              )}
            </div>
          ))}
        </>
      )}
      {noToken && (
        <p className="notice warn">
          Your GitHub repositories cannot be listed: {noToken.name} is not set. {noToken.detail}
        </p>
      )}
      {github.error && (
        <Failure what="GitHub’s list could not be loaded." error={github.error} onRetry={github.refetch} />
      )}
      {there !== undefined && there.length > 0 && (
        <>
          <h2 className="section-title">on GitHub</h2>
          {there.map((repo) => (
            <GithubRow
              key={repo.full_name}
              repo={repo}
              chosen={repo.full_name === chosen}
              onChoose={onChoose}
            />
          ))}
        </>
      )}
      {loading && <Loading what="loading repositories" />}
      {nothing && (
        <p className="dim pad">
          {search === '' ? 'There are no repositories.' : `Nothing matches “${search}”.`}
        </p>
      )}
    </div>
  );
}

interface RowProps<T> {
  repo: T;
  chosen: boolean;
  onChoose: (name: string) => void;
}

interface OptionProps {
  name: string;
  chosen: boolean;
  onChoose: (name: string) => void;
  /** The lines below its name. */
  children: ReactNode;
}

/** A repository that can be chosen. */
function RepoOption({ name, chosen, onChoose, children }: OptionProps) {
  return (
    <button
      type="button"
      className="row"
      data-testid="repo-option"
      aria-pressed={chosen}
      onClick={() => onChoose(name)}
    >
      <span className="grow">
        {name}
        {children}
      </span>
    </button>
  );
}

function ClonedRow(props: RowProps<Repository>) {
  const { repo, chosen, onChoose } = props;
  if (repo.state === 'cloning') return <CloningRow {...props} />;
  return (
    <RepoOption name={repo.name} chosen={chosen} onChoose={onChoose}>
      <span className="sub block-line">
        {repo.state === 'failed' && (
          <span className="deleted">{repo.error?.detail ?? 'the clone failed'}</span>
        )}
        {repo.state === 'ready' && (repo.default_branch ?? 'empty repository')}
        {repo.state === 'ready' && repo.extent !== 'full' && ` · ${extentWords(repo.extent)}`}
      </span>
    </RepoOption>
  );
}

/** One that is on its way: a chat can be begun in it all the same. */
function CloningRow({ repo, chosen, onChoose }: RowProps<Repository>) {
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => deleting.repo(repo.name),
    onSettled: () => client.invalidateQueries({ queryKey: queries.repos().queryKey }),
  });
  return (
    <div className="cloning" data-testid="cloning">
      <div className="cloning-head">
        <RepoOption name={repo.name} chosen={chosen} onChoose={onChoose}>
          <span className="sub block-line">
            cloning{repo.extent === 'full' ? '' : ` ${extentWords(repo.extent)}`}
          </span>
        </RepoOption>
        <button
          type="button"
          className="button"
          aria-label={`Cancel the clone of ${repo.name}`}
          disabled={cancel.isPending}
          onClick={() => cancel.mutate()}
        >
          Cancel
        </button>
      </div>
      {repo.progress && <ProgressBar progress={repo.progress} />}
      {cancel.error && <Failure what="Not cancelled." error={cancel.error} />}
    </div>
  );
}

function GithubRow({ repo, chosen, onChoose }: RowProps<GithubRepository>) {
  const facts = [
    repo.private && 'private',
    repo.fork && 'fork',
    repo.archived && 'archived',
    repo.pushed_at !== null && `pushed ${ago(Date.now() - Date.parse(repo.pushed_at))}`,
  ].filter(Boolean);
  return (
    <RepoOption name={repo.full_name} chosen={chosen} onChoose={onChoose}>
      {repo.description !== null && repo.description !== '' && (
        <span className="sub block-line">{repo.description}</span>
      )}
      <span className="sub block-line">{facts.join(' · ')}</span>
    </RepoOption>
  );
}
