/** The providers of models: which are connected, and connecting or disconnecting one. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { queries } from '@/shared/api/queries';
import type { CatalogueProvider } from '@/shared/api/relay';
import { Failure, Loading } from '@/shared/ui/Notice';
import { SearchField } from '@/shared/ui/SearchField';
import { begunLogin, forgetBegun } from './begunLogin';
import { ConnectedSheet } from './ConnectedSheet';
import { ConnectSheet } from './ConnectSheet';
import { originWords, sectionsOf } from './connecting';
import { changeWords, type ProviderChange } from './useRenewal';

export function Providers() {
  const { data, error, refetch } = useQuery(queries.catalogue());
  const [search, setSearch] = useState('');
  const [opened, setOpened] = useState<CatalogueProvider | null>(null);
  const [words, setWords] = useState<string | null>(null);
  const { connected, popular, others } = sectionsOf(data ?? [], search);

  // Back from the provider's page, and this one was begun anew: where the login goes on.
  const isResumed = useRef(false);
  useEffect(() => {
    if (!data || isResumed.current) return;
    isResumed.current = true;
    const begun = begunLogin();
    setOpened(data.find(({ id, connected }) => id === begun?.provider && !connected) ?? null);
  }, [data]);

  function close() {
    forgetBegun();
    setOpened(null);
  }

  const told = (change: ProviderChange, name: string) => (waiting: number) => {
    close();
    setWords(changeWords(change, name, waiting));
  };

  return (
    <>
      <div className="pad">
        <SearchField label="Search providers" value={search} onChange={setSearch} />
      </div>
      {words !== null && (
        <p className="notice" role="status">
          {words}
        </p>
      )}
      {error && <Failure what="The providers could not be loaded." error={error} onRetry={() => refetch()} />}
      {!data && !error && <Loading what="loading providers" />}
      <Section title="connected" providers={connected} onOpen={setOpened} />
      <Section title="popular" providers={popular} onOpen={setOpened} />
      <Section title="all others" providers={others} onOpen={setOpened} />
      {data && connected.length + popular.length + others.length === 0 && (
        <p className="pad dim">No provider matches “{search}”.</p>
      )}
      {opened?.connected && (
        <ConnectedSheet
          provider={opened}
          onClose={close}
          onReplaced={told('replaced', opened.name)}
          onDisconnected={told('disconnected', opened.name)}
        />
      )}
      {opened && !opened.connected && (
        <ConnectSheet provider={opened} onClose={close} onDone={told('connected', opened.name)} />
      )}
    </>
  );
}

interface SectionProps {
  title: string;
  providers: readonly CatalogueProvider[];
  onOpen: (provider: CatalogueProvider) => void;
}

function Section({ title, providers, onOpen }: SectionProps) {
  if (providers.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2 className="section-title">{title}</h2>
      {providers.map((provider) => (
        <button
          key={provider.id}
          type="button"
          className="row"
          data-testid="provider"
          data-provider={provider.id}
          data-connected={provider.connected}
          onClick={() => onOpen(provider)}
        >
          <span className="grow">
            {provider.name}
            {provider.connected && <span className="sub block-line">{originWords(provider)}</span>}
          </span>
          <span className="sub">{provider.models === 1 ? '1 model' : `${provider.models} models`}</span>
        </button>
      ))}
    </section>
  );
}
