/** Tokens: what programs come in with, such as `opencode attach` on another computer. Shown once, revoked here. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type AccessToken, auth, type MadeAccessToken } from '@/shared/api/admin';
import { queries } from '@/shared/api/queries';
import { CopyButton } from '@/shared/ui/CopyButton';
import { Failure, Loading } from '@/shared/ui/Notice';
import { lifetimes, type Scope, scopes, tokenWords } from './tokenWords';

export function Tokens() {
  const { data, error, refetch } = useQuery(queries.tokens());
  const [made, setMade] = useState<MadeAccessToken>();
  return (
    <section aria-label="Tokens">
      <h2 className="section-title">tokens, for programs on other computers</h2>
      {error && <Failure what="The tokens could not be listed." error={error} onRetry={() => refetch()} />}
      {!data && !error && <Loading what="loading tokens" />}
      {data?.map((token) => (
        <TokenRow
          key={token.id}
          token={token}
          // What is good for nothing any more is not shown for copying.
          onRevoked={() => setMade((shown) => (shown?.id === token.id ? undefined : shown))}
        />
      ))}
      <NewToken made={made} onMade={setMade} />
    </section>
  );
}

function TokenRow({ token, onRevoked }: { token: AccessToken; onRevoked(): void }) {
  const queryClient = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => auth.revokeToken(token.id),
    onSuccess: onRevoked,
    onSettled: () => queryClient.invalidateQueries({ queryKey: queries.tokens().queryKey }),
  });
  return (
    <>
      <div className="row" data-testid="token">
        <span className="grow">
          {token.name}
          <span className="sub block-line">{tokenWords(token, Date.now())}</span>
        </span>
        <button
          type="button"
          className="button"
          aria-label={`Revoke ${token.name}`}
          disabled={isPending}
          onClick={() => mutate()}
        >
          revoke
        </button>
      </div>
      {error && <Failure what="Not revoked for good." error={error} />}
    </>
  );
}

function NewToken({
  made,
  onMade,
}: {
  made: MadeAccessToken | undefined;
  onMade(made: MadeAccessToken): void;
}) {
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const [scope, setScope] = useState<Scope>(scopes[0].value);
  const [expires, setExpires] = useState('90d');
  const make = useMutation({
    mutationFn: () => auth.makeToken({ name: name.trim(), scope, expires }),
    onSuccess: (made) => {
      setName('');
      onMade(made);
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: queries.tokens().queryKey }),
  });
  return (
    <form
      className="pad stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== '') make.mutate();
      }}
    >
      {made && <Made made={made} />}
      <input
        className="search"
        aria-label="Name of the new token"
        placeholder="a name, such as: laptop"
        value={name}
        maxLength={100}
        autoComplete="off"
        onChange={(event) => setName(event.target.value)}
      />
      <select
        className="search"
        aria-label="What it is good for"
        value={scope}
        onChange={({ target }) =>
          setScope(scopes.find(({ value }) => value === target.value)?.value ?? scope)
        }
      >
        {scopes.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      <select
        className="search"
        aria-label="How long it lasts"
        value={expires}
        onChange={({ target }) => setExpires(target.value)}
      >
        {lifetimes.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      {make.error && <Failure what="Not made." error={make.error} />}
      <button type="submit" className="button wide" disabled={name.trim() === '' || make.isPending}>
        Make a token
      </button>
    </form>
  );
}

/** The one time at which it can be read. */
function Made({ made: { token, scope, expires_at } }: { made: MadeAccessToken }) {
  const command = `opencode attach ${location.origin} --password ${token}`;
  const risk = scopes.find(({ value }) => value === scope)?.risk;
  return (
    <div className="notice" role="status">
      <span>
        Copy it now: it is not shown again. Whoever has it {risk}, until{' '}
        {expires_at === null ? 'you revoke it' : 'it ends or you revoke it'}.
        <code className="block-line" data-testid="token-text">
          {token}
        </code>
      </span>
      <CopyButton text={token} label="Copy the token" />
      {(scope === 'attach' || scope === 'full') && (
        <>
          <span>
            <code>{command}</code>
          </span>
          <CopyButton text={command} label="Copy the attach command" />
        </>
      )}
    </div>
  );
}
