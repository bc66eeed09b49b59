/** The checks of a pull request, those that need somebody first; each leads to its page. */
import type { Check, Checks } from '@/shared/api/github';

const marks: Record<Check['state'], string> = {
  failed: '✗',
  running: '◐',
  waiting: '·',
  passed: '✓',
  skipped: '–',
};

export function CheckList({ checks: { checks, unreadable } }: { checks: Checks }) {
  return (
    <>
      {unreadable !== null && <p className="notice warn">{unreadable}</p>}
      {checks.length === 0 && <p className="dim pad">No checks.</p>}
      <ul className="check-list" aria-label="Checks">
        {checks.map((check) => (
          <li key={`${check.name} ${check.url}`} data-testid="check" data-state={check.state}>
            <CheckRow check={check} />
          </li>
        ))}
      </ul>
    </>
  );
}

function CheckRow({ check: { name, state, note, url } }: { check: Check }) {
  const text = (
    <>
      <span className="check-mark" aria-hidden="true">
        {marks[state]}
      </span>
      <span className="grow">
        {name}
        <span className="sub block-line">
          {state}
          {note !== null && note !== '' && ` · ${note}`}
        </span>
      </span>
    </>
  );
  // Whoever reports a check chooses its address.
  if (url === null || !/^https?:\/\//.test(url)) return <div className="row">{text}</div>;
  return (
    <a className="row" href={url} target="_blank" rel="noreferrer">
      {text}
      <span aria-hidden="true">↗</span>
    </a>
  );
}
