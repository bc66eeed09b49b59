/** What fills the volume: one bar that is all of it, and its parts by name. */
import type { Disk } from '@/shared/api/admin';
import { bytes } from '@/shared/format';
import { diskParts, partNames, share } from './diskParts';

export function DiskChart({ disk }: { disk: Disk }) {
  const parts = diskParts(disk);
  const total = disk.volume.total_bytes;
  const words = parts.map(({ kind, bytes: size }) => `${partNames[kind]} ${bytes(size)}`).join(', ');
  return (
    <div className="pad">
      <p>
        {bytes(disk.volume.available_bytes)} free of {bytes(total)}
      </p>
      <div
        className="disk-bar"
        data-testid="disk-chart"
        role="img"
        aria-label={`The volume of ${bytes(total)}: ${words}`}
      >
        {parts.map(({ kind, bytes: size }) =>
          size > 0 ? <span key={kind} data-part={kind} style={{ flexGrow: size / total }} /> : null,
        )}
      </div>
      <ul className="disk-legend">
        {parts.map(({ kind, bytes: size }) => (
          <li key={kind} data-testid="disk-part" data-part={kind} data-bytes={size}>
            <span className="swatch" data-part={kind} aria-hidden="true" />
            <span className="grow">{partNames[kind]}</span>
            <span>{bytes(size)}</span>
            <span className="dim">{share(size, total)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
