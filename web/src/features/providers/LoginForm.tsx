/** A login with a provider, in a tab beside this one: it ends by itself there, or with a code that is pasted here. */
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { opencode, type ProviderAuthAuthorization } from '@/shared/api/opencode';
import { relay } from '@/shared/api/relay';
import { Failure } from '@/shared/ui/Notice';
import { begunLogin, forgetBegun, keepBegun } from './begunLogin';
import { endsOnServer } from './connecting';
import type { WayFormProps } from './KeyForm';
import { Questions } from './Questions';
import { useRenewal } from './useRenewal';

export function LoginForm({ provider, way, onDone }: WayFormProps<'login'>) {
  const [answers, setAnswers] = useState<Record<string, string>>({});
  const [code, setCode] = useState('');
  // This page may have been ended and begun anew while its person was with the provider.
  const [resumed] = useState(() => loginOf(provider.id, way.index));
  const [begun, setBegun] = useState(resumed);
  const finish = useRenewal(async (pasted: string | undefined) => {
    try {
      await opencode.finishAuthorization(provider.id, way.index, pasted);
    } catch (error) {
      if (resumed === null || !(await isConnectedByNow(provider.id))) throw error;
    }
  });
  const wait = finish.mutate;
  const done = { onSuccess: onDone };
  const begin = useMutation({
    mutationFn: () => opencode.authorize(provider.id, way.index, answers),
    onSuccess: (authorization) => {
      keepBegun({ provider: provider.id, index: way.index, authorization, begun_at: Date.now() });
      setBegun(authorization);
      // It answers once the login is done there.
      if (authorization.method === 'auto') wait(undefined, done);
    },
  });
  const isWaitedFor = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, as the form is shown.
  useEffect(() => {
    if (resumed?.method !== 'auto' || isWaitedFor.current) return;
    isWaitedFor.current = true;
    wait(undefined, done);
  }, []);
  function beginAgain() {
    forgetBegun();
    finish.reset();
    begin.reset();
    setBegun(null);
  }
  if (begun === null) {
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
      <Begun authorization={begun} />
      {begun.method === 'code' && (
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
      {begun.method === 'auto' && finish.isPending && <p role="status">Waiting until it is done there…</p>}
      {finish.error && <Failure what="Not connected." error={finish.error} />}
      {!finish.isPending && (
        <button type="button" className="button wide" onClick={beginAgain}>
          Begin again
        </button>
      )}
    </form>
  );
}

function loginOf(provider: string, index: number): ProviderAuthAuthorization | null {
  const login = begunLogin();
  return login?.provider === provider && login.index === index ? login.authorization : null;
}

/** Whether it was done while nobody here waited for the answer. */
async function isConnectedByNow(id: string): Promise<boolean> {
  await relay.renewProviders();
  return (await relay.catalogue()).some((provider) => provider.id === id && provider.connected);
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
