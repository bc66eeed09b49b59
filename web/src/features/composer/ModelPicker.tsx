/** The models of the configured providers, and each one's variants. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '@/shared/api/queries';
import { Icon } from '@/shared/ui/Icon';
import { Failure, Loading } from '@/shared/ui/Notice';
import { SearchField } from '@/shared/ui/SearchField';
import { Sheet } from '@/shared/ui/Sheet';
import { type ModelRow, noteRecent, preferences, sectionsOf, setFavourite } from './models';
import './model-picker.css';

export interface ModelPickerProps {
  directory: string | undefined;
  chosen: { model: string | null; variant: string | null };
  onChoose: (model: string, variant: string | null) => void;
  onClose: () => void;
}

/** Chooses among models, each named `provider/model`. One with variants stays open for them. */
export default function ModelPicker({ directory, chosen, onChoose, onClose }: ModelPickerProps) {
  const { data, error, refetch } = useQuery(queries.models(directory));
  const [search, setSearch] = useState('');
  const [preferred, setPreferred] = useState(preferences);
  const sections = data ? sectionsOf(data, preferred, search) : [];

  function choose(row: ModelRow, variant: string | null, isDone: boolean) {
    noteRecent(row.id);
    onChoose(row.id, variant);
    if (isDone) onClose();
  }

  function star({ id, isFavourite }: ModelRow) {
    setFavourite(id, !isFavourite);
    setPreferred(preferences());
  }

  return (
    <Sheet title="Model" onClose={onClose}>
      <div className="pad">
        <SearchField label="Search models" value={search} onChange={setSearch} />
      </div>
      {error && <Failure what="The models could not be loaded." error={error} onRetry={refetch} />}
      {!data && !error && <Loading what="loading models" />}
      {sections.map(({ title, rows }) => (
        <div key={title} role="radiogroup" aria-label={title}>
          <h3 className="section-title">{title}</h3>
          {rows.map((row) => (
            <Row
              key={row.id}
              row={row}
              chosen={row.id === chosen.model ? chosen : null}
              onStar={() => star(row)}
              onChoose={(variant, isDone) => choose(row, variant, isDone)}
            />
          ))}
        </div>
      ))}
      {data && sections.length === 0 && (
        <p className="pad dim">
          {data.length === 0
            ? 'No provider is configured: set a provider’s key, such as OPENROUTER_API_KEY, and restart.'
            : `No model matches “${search}”.`}
        </p>
      )}
    </Sheet>
  );
}

interface RowProps {
  row: ModelRow;
  /** Null where another model is chosen. */
  chosen: { variant: string | null } | null;
  onStar: () => void;
  onChoose: (variant: string | null, isDone: boolean) => void;
}

function Row({ row, chosen, onStar, onChoose }: RowProps) {
  const { name, note, variants, isFavourite } = row;
  return (
    <>
      <div className="model-row">
        {/* biome-ignore lint/a11y/useSemanticElements: a radio that acts at once, with two lines of text. */}
        <button
          type="button"
          role="radio"
          aria-checked={chosen !== null}
          className="row"
          onClick={() => onChoose(chosen?.variant ?? null, variants.length === 0 || chosen !== null)}
        >
          <span className="grow">
            {name}
            <span className="sub block-line">{note}</span>
          </span>
          {chosen && <Icon name="check" />}
        </button>
        <button
          type="button"
          className="model-star"
          aria-label={`Favourite: ${name}`}
          aria-pressed={isFavourite}
          onClick={onStar}
        >
          {isFavourite ? '★' : '☆'}
        </button>
      </div>
      {chosen && variants.length > 0 && (
        <div className="model-variants" role="radiogroup" aria-label={`Variant of ${name}`}>
          {[null, ...variants].map((variant) => (
            // biome-ignore lint/a11y/useSemanticElements: a radio that acts at once.
            <button
              key={variant ?? ''}
              type="button"
              role="radio"
              className="model-variant"
              aria-checked={chosen.variant === variant}
              onClick={() => onChoose(variant, true)}
            >
              {variant ?? 'default'}
            </button>
          ))}
        </div>
      )}
    </>
  );
}
