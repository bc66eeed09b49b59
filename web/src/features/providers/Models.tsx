/** The models of connected providers: shown in the picker of this device, or hidden. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '@/shared/api/queries';
import type { OfferedProvider } from '@/shared/api/relay';
import { recallList, remember } from '@/shared/storage';
import { Failure, Loading } from '@/shared/ui/Notice';
import { SearchField } from '@/shared/ui/SearchField';
import { Switch } from '@/shared/ui/Switch';
import { found, isShown, withShown } from './hidden';

/** What the picker reads. */
const key = 'models.hidden';

export function Models() {
  const { data, error, refetch } = useQuery(queries.models(undefined));
  const [search, setSearch] = useState('');
  const [hidden, setHidden] = useState(() => recallList(key));
  function show(ids: readonly string[], shown: boolean) {
    const changed = withShown(recallList(key), ids, shown);
    remember(key, JSON.stringify(changed));
    setHidden(changed);
  }
  const sections = found(data ?? [], search);
  return (
    <>
      <div className="pad">
        <SearchField label="Search models" value={search} onChange={setSearch} />
      </div>
      {error && <Failure what="The models could not be loaded." error={error} onRetry={() => refetch()} />}
      {!data && !error && <Loading what="loading models" />}
      {sections.map(({ provider, ids }) => (
        <ProviderModels key={provider.id} provider={provider} ids={ids} hidden={hidden} onShow={show} />
      ))}
      {data && sections.length === 0 && <p className="pad dim">No model matches “{search}”.</p>}
    </>
  );
}

interface ProviderModelsProps {
  provider: OfferedProvider;
  /** Those that were looked for, as `provider/model`. */
  ids: readonly string[];
  hidden: readonly string[];
  onShow: (ids: readonly string[], shown: boolean) => void;
}

function ProviderModels({ provider, ids, hidden, onShow }: ProviderModelsProps) {
  const shown = ids.filter((id) => isShown(hidden, id)).length;
  const isAllShown = shown === ids.length;
  return (
    <section aria-label={provider.name}>
      <h2 className="section-title">{provider.name}</h2>
      <Switch
        label={`All of ${provider.name}`}
        note={`${shown} of ${ids.length} shown`}
        checked={isAllShown}
        onChange={(all) => onShow(ids, all)}
      />
      {ids.map((id) => {
        const model = provider.models.find((each) => id === `${provider.id}/${each.id}`);
        return (
          <Switch
            key={id}
            label={model?.name ?? id}
            note={id}
            checked={isShown(hidden, id)}
            onChange={(isOn) => onShow([id], isOn)}
          />
        );
      })}
    </section>
  );
}
