/** A login with a provider, in a tab beside this one: it ends by itself there, or with a code that is pasted here. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { opencode, type ProviderAuthAuthorization } from '@/shared/api/opencode';
import { Failure } from '@/shared/ui/Notice';
import { endsOnServer } from './connecting';
import type { WayFormProps } from './KeyForm';
import { Questions } from './Questions';
import { useRenewal } from './useRenewal';

export function LoginForm({ provider, way, onDone }: WayFormProps<'login'>) {
  const [answers, setAnswers] = useState<Record<string, string>>({});
  const [code, setCode] = useState('');
  const finish = useRenewal((pasted: string | undefined) =>
    opencode.finishAuthorization(provider.id, way.index, pasted),
  );
  const begin = useMutation({
    mutationFn: () => opencode.authorize(provider.id, way.index, answers),
    onSuccess: ({ method }) => {
      // It answers once the login is done there.
      if (method === 'auto') finish.mutate(undefined, { onSuccess: onDone });
    },
  });
  if (!begin.data) {
    return (
      <div className="pad stack">
        <Questions way={way} answers={answers} onChange={setAnswers} />
        {begin.error && <Failure what="The login did not begin." error={begin.error} />}
        <button
          type="button"
          className="button primary wide"
          disabled={begin.isPending}
          onClick={() => begin.mutate()}
        >
          {begin.isPending ? 'Asking…' : way.label}
        </button>
      </div>
    );
  }
  return (
    <form
      className="pad stack"
      onSubmit={(event) => {
        event.preventDefault();
        finish.mutate(code.trim(), { onSuccess: onDone });
      }}
    >
      <Begun authorization={begin.data} />
      {begin.data.method === 'code' && (
        <>
          <input
            className="search"
            aria-label="Code"
            placeholder="Paste the code"
            value={code}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => setCode(event.target.value)}
          />
          <button
            type="submit"
            className="button primary wide"
            disabled={code.trim() === '' || finish.isPending}
          >
            {finish.isPending ? 'Connecting…' : 'Connect'}
          </button>
        </>
      )}
      {begin.data.method === 'auto' && finish.isPending && (
        <p role="status">Waiting until it is done there…</p>
      )}
      {finish.error && <Failure what="Not connected." error={finish.error} />}
    </form>
  );
}

function Begun({ authorization: { url, instructions } }: { authorization: ProviderAuthAuthorization }) {
  return (
    <>
      <a className="button wide" href={url} target="_blank" rel="noreferrer">
        Open the provider’s page ↗
      </a>
      {instructions !== '' && <p>{instructions}</p>}
      {endsOnServer(url) && (
        <p className="notice warn">
          This login ends at an address on the server itself, which this device cannot open. Choose another
          way if there is one (headless, or a key).
        </p>
      )}
    </>
  );
}
