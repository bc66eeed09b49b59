/** What was found damaged in a clone, what was done, and what is lost, line by line. */
import type { Schema } from '@/shared/api/schema';
import './repairs.css';

export function RepairLines({ report }: { report: Schema<'RepairReport'> }) {
  const { found, done, lost, aside } = report;
  return (
    <>
      <Lines title="found" lines={found} />
      <Lines title="done" lines={done} />
      <Lines title="lost" lines={lost} isBad />
      {typeof aside === 'string' && (
        <p className="sub">
          Nothing was deleted: the damaged files are in <code className="repair-path">{aside}</code>
        </p>
      )}
    </>
  );
}

function Lines({
  title,
  lines,
  isBad = false,
}: {
  title: string;
  lines: readonly string[];
  isBad?: boolean;
}) {
  if (lines.length === 0) return null;
  return (
    <div>
      <h3 className="dim">{title}</h3>
      <ul className={isBad ? 'repair-lines deleted' : 'repair-lines'}>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}
