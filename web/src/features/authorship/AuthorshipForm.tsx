/** Who commits are by that are made from here, on all devices. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  type Authorship,
  type AuthorshipDocument,
  changeAuthorship,
  type Person,
  shippingQueries,
} from '@/shared/api/shipping';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Switch } from '@/shared/ui/Switch';

/** Whom opencode names itself where it commits. */
const opencode: Person = { name: 'opencode', email: 'noreply@opencode.ai' };

export function AuthorshipForm() {
  const { data, error, refetch } = useQuery(shippingQueries.authorship());
  return (
    <>
      <p className="pad dim">
        Who commits and merges are by that you make on this page. What agents commit by themselves is as git’s
        configuration in their working copy says.
      </p>
      {error && <Failure what="The setting could not be loaded." error={error} onRetry={() => refetch()} />}
      {!data && !error && <Loading what="loading the setting" />}
      {data && <Form key={JSON.stringify(data)} known={data} />}
    </>
  );
}

function Form({ known }: { known: AuthorshipDocument }) {
  const queryClient = useQueryClient();
  const [name, setName] = useState(known.author?.name ?? '');
  const [email, setEmail] = useState(known.author?.email ?? '');
  const save = useMutation({
    mutationFn: (authorship: Authorship) => changeAuthorship(authorship),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: shippingQueries.authorship().queryKey }),
  });
  const author = name.trim() === '' && email.trim() === '' ? null : { name, email };
  const isSame = name === (known.author?.name ?? '') && email === (known.author?.email ?? '');
  const { default_author: user } = known;
  return (
    <>
      <form
        className="pad stack"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ author, co_author: known.co_author ?? null });
        }}
      >
        <label className="stack">
          Name
          <input
            className="search"
            value={name}
            placeholder={user?.name ?? 'as git’s configuration says'}
            autoComplete="name"
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <label className="stack">
          Address
          <input
            className="search"
            type="email"
            value={email}
            placeholder={user?.email ?? 'as git’s configuration says'}
            autoComplete="email"
            onChange={(event) => setEmail(event.target.value)}
          />
        </label>
        {save.error && <Failure what="Not changed." error={save.error} />}
        <button type="submit" className="button primary" disabled={isSame || save.isPending}>
          Save
        </button>
      </form>
      <Switch
        label="Name the agent as co-author"
        note={`Co-authored-by: ${opencode.name} <${opencode.email}>`}
        checked={known.co_author != null}
        disabled={save.isPending}
        onChange={(isOn) => save.mutate({ author: known.author ?? null, co_author: isOn ? opencode : null })}
      />
    </>
  );
}
