/** What is done to each new working copy of a repository: files that are put into it, and a command. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Switch } from '@/shared/ui/Switch';
import { type RepositorySetup as Said, type SetupSettings, upkeep, upkeepQueries } from '@/shared/upkeep';
import { settingsOf } from './setupForm';
import './repos.css';

export function RepositorySetup({ repo }: { repo: string }) {
  const { data, error, refetch } = useQuery({
    ...upkeepQueries.repositorySetup(repo),
    refetchOnWindowFocus: false,
  });
  return (
    <section aria-label="Setup" data-testid="repository-setup">
      <h2 className="section-title">setup of new working copies</h2>
      <div className="pad stack">
        <p className="dim">
          Before the agent of a new chat begins. If something fails, the chat begins all the same, and you and
          the agent are told.
        </p>
        {error && <Failure what="The setup could not be loaded." error={error} onRetry={refetch} />}
        {!data && !error && <Loading what="loading the setup" />}
        {data && (
          <>
            <Committed said={data} />
            <Form repo={repo} settings={data.settings} />
          </>
        )}
      </div>
    </section>
  );
}

/** What the repository says itself. */
function Committed({ said: { committed, problem } }: { said: Said }) {
  if (problem !== null) return <p className="notice warn">{problem}</p>;
  if (committed === null) {
    return (
      <p className="dim">
        The repository can say it itself, in <code>.ocweb/setup.json</code>.
      </p>
    );
  }
  return (
    <p>
      Its <code>.ocweb/setup.json</code> {committed.copy.length > 0 && `copies ${committed.copy.join(', ')}`}
      {committed.copy.length > 0 && committed.run !== null && ' and '}
      {committed.run !== null && (
        <>
          runs <code>{committed.run}</code>
        </>
      )}
    </p>
  );
}

function Form({ repo, settings }: { repo: string; settings: SetupSettings }) {
  const queryClient = useQueryClient();
  const [form, setForm] = useState({ ...settings, copyText: settings.copy.join('\n') });
  const wanted = settingsOf(form);
  const isChanged = JSON.stringify(wanted) !== JSON.stringify(settings);
  const { mutate, error, isPending, isSuccess } = useMutation({
    mutationFn: () => upkeep.changeSetup(repo, wanted),
    onSuccess: () =>
      queryClient.invalidateQueries({ queryKey: upkeepQueries.repositorySetup(repo).queryKey }),
  });
  const change = (part: Partial<typeof form>) => setForm({ ...form, ...part });
  const changeFile = (at: number, part: Partial<SetupSettings['files'][number]>) =>
    change({ files: form.files.map((file, index) => (index === at ? { ...file, ...part } : file)) });
  return (
    <form
      className="stack setup-form"
      aria-label="Your setup"
      onSubmit={(event) => {
        event.preventDefault();
        mutate();
      }}
    >
      {form.files.map((file, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: files have no other identity while their path is typed.
        <div key={index} className="stack">
          <Text
            label={`File ${index + 1}: path`}
            value={file.path}
            placeholder=".env"
            onChange={(path) => changeFile(index, { path })}
          />
          <Text
            label={`File ${index + 1}: content`}
            value={file.text}
            rows={4}
            onChange={(text) => changeFile(index, { text })}
          />
          <button
            type="button"
            className="button"
            onClick={() => change({ files: form.files.filter((_, other) => other !== index) })}
          >
            Remove {file.path || 'this file'}
          </button>
        </div>
      ))}
      <button
        type="button"
        className="button wide"
        onClick={() => change({ files: [...form.files, { path: '', text: '' }] })}
      >
        Add a file, such as .env
      </button>
      <Text
        label="Copied from the clone’s own folder, one path in each line"
        value={form.copyText}
        rows={2}
        onChange={(copyText) => change({ copyText })}
      />
      <Text
        label="Command, in place of the repository’s"
        value={form.command ?? ''}
        placeholder="npm ci"
        rows={2}
        onChange={(command) => change({ command })}
      />
      <Switch
        label="Follow .ocweb/setup.json"
        note="what the repository says itself"
        checked={form.follow_repository}
        onChange={(follow_repository) => change({ follow_repository })}
      />
      {error && <Failure what="Not saved." error={error} />}
      {isSuccess && !isChanged && <p role="status">Saved: it holds for new chats.</p>}
      {isChanged && (
        <button type="submit" className="button primary wide" disabled={isPending}>
          {isPending ? 'Saving…' : 'Save the setup'}
        </button>
      )}
    </form>
  );
}

function Text({
  label,
  value,
  placeholder,
  rows,
  onChange,
}: {
  label: string;
  value: string;
  placeholder?: string;
  rows?: number;
  onChange: (value: string) => void;
}) {
  const id = useId();
  const shared = {
    id,
    className: 'search',
    value,
    placeholder,
    autoComplete: 'off',
    autoCapitalize: 'off',
    spellCheck: false,
  };
  return (
    <div className="setup-field">
      <label htmlFor={id}>{label}</label>
      {rows === undefined ? (
        <input {...shared} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <textarea {...shared} rows={rows} onChange={(event) => onChange(event.target.value)} />
      )}
    </div>
  );
}
