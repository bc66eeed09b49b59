/** The models of the configured providers. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '@/shared/api/queries';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Options } from '@/shared/ui/Options';
import { Sheet } from '@/shared/ui/Sheet';

export interface PickerProps {
  directory: string | undefined;
  chosen: string | null;
  onChoose: (value: string) => void;
  onClose: () => void;
}

/** Chooses among models, each named `provider/model`. */
export default function ModelPicker({ directory, chosen, onChoose, onClose }: PickerProps) {
  const { data, error, refetch } = useQuery(queries.providers(directory));
  const [search, setSearch] = useState('');
  const words = search.toLowerCase().split(/\s+/);
  const matches = (text: string) => words.every((word) => text.toLowerCase().includes(word));
  return (
    <Sheet title="Model" onClose={onClose}>
      <div className="pad">
        <input
          type="search"
          className="search"
          aria-label="Search models"
          placeholder="Search models"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </div>
      {error && <Failure what="The models could not be loaded." error={error} onRetry={refetch} />}
      {!data && !error && <Loading what="loading models" />}
      {data?.providers.map((provider) => {
        const models = Object.values(provider.models).filter((model) =>
          matches(`${provider.id} ${provider.name} ${model.id} ${model.name}`),
        );
        if (models.length === 0) return null;
        return (
          <div key={provider.id}>
            <h3 className="section-title">{provider.name}</h3>
            <Options
              label={provider.name}
              chosen={chosen}
              onChoose={onChoose}
              options={models.map((model) => ({
                key: `${provider.id}/${model.id}`,
                value: `${provider.id}/${model.id}`,
                label: model.name,
                note: model.id,
              }))}
            />
          </div>
        );
      })}
      {data?.providers.length === 0 && (
        <p className="pad">
          No provider is configured: set a provider's key, such as OPENROUTER_API_KEY, and restart.
        </p>
      )}
    </Sheet>
  );
}
