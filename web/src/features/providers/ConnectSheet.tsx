/** Connecting a provider: the ways it offers, then a key or a login. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '@/shared/api/queries';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import type { ConnectedSheetProps } from './ConnectedSheet';
import { type Way, waysOf } from './connecting';
import { KeyForm } from './KeyForm';
import { LoginForm } from './LoginForm';
import './providers.css';

export function ConnectSheet({ provider, onClose, onDone }: ConnectedSheetProps) {
  const { data, error, refetch } = useQuery(queries.providerLogins());
  const [chosen, setChosen] = useState<Way | null>(null);
  const ways = data ? waysOf(data[provider.id]) : [];
  const way = chosen ?? (ways.length === 1 ? (ways[0] ?? null) : null);
  return (
    <Sheet title={`Connect ${provider.name}`} onClose={onClose}>
      {error && <Failure what="It is not known how to connect it." error={error} onRetry={() => refetch()} />}
      {!data && !error && <Loading what="asking how it connects" />}
      {way === null &&
        ways.map((each) => (
          <button key={each.label} type="button" className="row" onClick={() => setChosen(each)}>
            {each.label}
          </button>
        ))}
      {way?.kind === 'key' && <KeyForm provider={provider} way={way} onDone={onDone} />}
      {way?.kind === 'login' && <LoginForm provider={provider} way={way} onDone={onDone} />}
    </Sheet>
  );
}
