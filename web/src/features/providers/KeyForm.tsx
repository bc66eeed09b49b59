/** A key is typed or pasted, handed to opencode, and forgotten here. */
import { useId, useState } from 'react';
import { opencode } from '@/shared/api/opencode';
import type { CatalogueProvider } from '@/shared/api/relay';
import { Failure } from '@/shared/ui/Notice';
import type { Way } from './connecting';
import { Questions } from './Questions';
import { useRenewal } from './useRenewal';

export interface WayFormProps<Kind extends Way['kind']> {
  provider: CatalogueProvider;
  way: Extract<Way, { kind: Kind }>;
  onDone: (waiting: number) => void;
}

export function KeyForm({ provider, way, onDone }: WayFormProps<'key'>) {
  const id = useId();
  const [key, setKey] = useState('');
  const [isShown, setShown] = useState(false);
  const [answers, setAnswers] = useState<Record<string, string>>({});
  const connect = useRenewal(() => opencode.setKey(provider.id, key.trim(), answers));
  return (
    <form
      className="pad stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (key.trim() !== '') connect.mutate(undefined, { onSuccess: onDone });
      }}
    >
      <Questions way={way} answers={answers} onChange={setAnswers} />
      <div className="stack-tight">
        <label htmlFor={id}>API key</label>
        <div className="key-line">
          <input
            id={id}
            className="search"
            type={isShown ? 'text' : 'password'}
            value={key}
            placeholder={provider.env[0]}
            // No password manager is to keep it, and nothing is to correct it.
            autoComplete="off"
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            onChange={(event) => setKey(event.target.value)}
          />
          <button
            type="button"
            className="button"
            aria-pressed={isShown}
            aria-label="Show the key"
            onClick={() => setShown(!isShown)}
          >
            {isShown ? 'hide' : 'show'}
          </button>
        </div>
      </div>
      <p className="dim">
        opencode keeps it on the server, in a file that the agent can read. ocweb keeps no copy.
      </p>
      {connect.error && <Failure what="Not connected." error={connect.error} />}
      <button type="submit" className="button primary wide" disabled={key.trim() === '' || connect.isPending}>
        {connect.isPending ? 'Connecting…' : 'Connect'}
      </button>
    </form>
  );
}
