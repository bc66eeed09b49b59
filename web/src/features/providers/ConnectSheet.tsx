/** Connecting a provider: the ways it offers, then a key or a login. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '@/shared/api/queries';
import type { CatalogueProvider } from '@/shared/api/relay';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import { begunLogin } from './begunLogin';
import { type Way, waysOf } from './connecting';
import { KeyForm } from './KeyForm';
import { LoginForm } from './LoginForm';
import './providers.css';

export interface ConnectSheetProps {
  provider: CatalogueProvider;
  onClose: () => void;
  /** With how many chats take it up later. */
  onDone: (waiting: number) => void;
}

export function ConnectSheet({ provider, onClose, onDone }: ConnectSheetProps) {
  const { data, error, refetch } = useQuery(queries.providerLogins());
  const [chosen, setChosen] = useState<Way | null>(null);
  const ways = data ? waysOf(data[provider.id]) : [];
  const begun = begunLogin();
  const resumed = ways.find(
    (each) => each.kind === 'login' && begun?.provider === provider.id && begun.index === each.index,
  );
  const way = chosen ?? resumed ?? (ways.length === 1 ? (ways[0] ?? null) : null);
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
