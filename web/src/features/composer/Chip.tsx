/** A choice that is shown above or in the composer and opens a sheet. */
import { Icon } from '@/shared/ui/Icon';
import './composer.css';

export function Chip({ label, value, onClick }: { label: string; value: string; onClick: () => void }) {
  return (
    <button
      type="button"
      className="chip"
      aria-label={`${label}: ${value}`}
      // The box keeps the focus, and has it again when the sheet closes.
      onMouseDown={(event) => event.preventDefault()}
      onClick={onClick}
    >
      <span>{value}</span>
      <Icon name="chevron" size={16} />
    </button>
  );
}
