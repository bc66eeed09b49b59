/** Tokens: what programs come in with, such as `opencode attach` on another computer. Shown once, revoked here. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type AccessToken, auth } from '@/shared/api/admin';
import { queries } from '@/shared/api/queries';
import { age } from '@/shared/format';
import { CopyButton } from '@/shared/ui/CopyButton';
import { Failure, Loading } from '@/shared/ui/Notice';

export function Tokens() {
  const { data, error, refetch } = useQuery(queries.tokens());
  return (
    <section aria-label="Tokens" id="tokens">
      <h2 className="section-title">tokens, for programs on other computers</h2>
      {error && <Failure what="The tokens could not be listed." error={error} onRetry={() => refetch()} />}
      {!data && !error && <Loading what="loading tokens" />}
      {data?.map((token) => (
        <TokenRow key={token.id} token={token} />
      ))}
      <NewToken />
    </section>
  );
}

function TokenRow({ token }: { token: AccessToken }) {
  const queryClient = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => auth.revokeToken(token.id),
    onSettled: () => queryClient.invalidateQueries({ queryKey: queries.tokens().queryKey }),
  });
  return (
    <>
      <div className="row" data-testid="token">
        <span className="grow">
          {token.name}
          <span className="sub block-line">{usedWords(token.last_used_at)}</span>
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
      {error && <Failure what="Not revoked." error={error} />}
    </>
  );
}

function usedWords(lastUsed: string | null): string {
  if (lastUsed === null) return 'never used';
  const ago = age(Date.now() - Date.parse(lastUsed));
  return ago === 'now' ? 'used just now' : `used ${ago} ago`;
}

function NewToken() {
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const make = useMutation({
    mutationFn: () => auth.makeToken(name.trim()),
    onSuccess: () => setName(''),
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
      {make.data && <Made token={make.data.token} />}
      <input
        className="search"
        aria-label="Name of the new token"
        placeholder="a name, such as: laptop"
        value={name}
        maxLength={100}
        autoComplete="off"
        onChange={(event) => setName(event.target.value)}
      />
      {make.error && <Failure what="Not made." error={make.error} />}
      <button type="submit" className="button wide" disabled={name.trim() === '' || make.isPending}>
        Make a token
      </button>
    </form>
  );
}

/** The one time at which it can be read. */
function Made({ token }: { token: string }) {
  const command = `opencode attach ${location.origin} --password ${token}`;
  return (
    <div className="notice" role="status">
      <span>
        Copy it now: it is not shown again. Whoever has it can do what you can, until you revoke it.
        <code className="block-line" data-testid="token-text">
          {token}
        </code>
      </span>
      <CopyButton text={token} label="Copy the token" />
      <span>
        <code>{command}</code>
      </span>
      <CopyButton text={command} label="Copy the attach command" />
    </div>
  );
}
