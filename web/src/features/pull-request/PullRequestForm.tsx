/** Title and text of a pull request, where it is to be merged into, and whether it is a draft. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useId } from 'react';
import { queries } from '@/shared/api/queries';
import { Switch } from '@/shared/ui/Switch';

export interface Words {
  title: string;
  body: string;
  base: string;
  draft: boolean;
}

export function PullRequestForm({
  repo,
  words,
  isBusy,
  submit,
  onChange,
  onSubmit,
  children,
}: {
  repo: string;
  words: Words;
  isBusy: boolean;
  /** What the button says. */
  submit: string;
  onChange: (part: Partial<Words>) => void;
  onSubmit: () => void;
  /** Above the button. */
  children?: ReactNode;
}) {
  const id = useId();
  const branches = useQuery(queries.branches(repo));
  const names = branches.data?.map(({ name }) => name) ?? [];
  const { title, body, base, draft } = words;
  const isReady = title.trim() !== '' && base !== '' && !isBusy;
  return (
    <form
      className="pull-form pad"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) onSubmit();
      }}
    >
      <label htmlFor={`${id}t`}>Title</label>
      <input
        id={`${id}t`}
        className="search"
        value={title}
        onChange={(event) => onChange({ title: event.target.value })}
      />
      <label htmlFor={`${id}b`}>Text</label>
      <textarea
        id={`${id}b`}
        className="search"
        rows={7}
        value={body}
        onChange={(event) => onChange({ body: event.target.value })}
      />
      <label htmlFor={`${id}m`}>Merge into</label>
      <select
        id={`${id}m`}
        className="search"
        value={base}
        onChange={(event) => onChange({ base: event.target.value })}
      >
        {(names.includes(base) ? names : [base, ...names]).map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <Switch
        label="Draft"
        note="not to be merged yet"
        checked={draft}
        onChange={(value) => onChange({ draft: value })}
      />
      {children}
      <button type="submit" className="button primary wide" disabled={!isReady}>
        {submit}
      </button>
    </form>
  );
}
