/** The agent asks whether it may do something. */
import type { PendingPermission } from '@/shared/api/relay';
import { DiffLines } from '@/shared/diff/DiffLines';
import { parsePatch } from '@/shared/diff/patch';
import { relativePath } from '@/shared/format';
import { Failure } from '@/shared/ui/Notice';
import { useAnswer } from './useAnswer';

const titles: Record<string, string> = {
  bash: 'May it run this command?',
  edit: 'May it change this file?',
  write: 'May it write this file?',
  read: 'May it read this file?',
  webfetch: 'May it fetch this address?',
  external_directory: 'May it leave its working copy?',
  doom_loop: 'It does the same thing again and again. Go on?',
};

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function PermissionCard({ request, asker }: { request: PendingPermission; asker: string | null }) {
  const { answer, error, isBusy } = useAnswer(request.id);
  const { permission, metadata, patterns, always } = request.details;
  const diff = text(metadata.diff);
  const path = relativePath(text(metadata.filepath), request.directory);
  const what = text(metadata.command) || path || patterns.join('\n');
  return (
    <section className="card" aria-label="Permission" data-testid="permission">
      <h2>{titles[permission] ?? `May it use “${permission}”?`}</h2>
      {asker !== null && <p className="dim">asked by {asker}</p>}
      <pre className="card-what">{what}</pre>
      {diff !== '' && <DiffLines lines={parsePatch(diff)} label={what} />}
      {error && <Failure what="Not answered." error={error} />}
      <div className="card-buttons">
        <button
          type="button"
          className="button primary wide"
          disabled={isBusy}
          onClick={() => answer({ reply: 'once' })}
        >
          Allow once
        </button>
        {always.length > 0 && (
          <button
            type="button"
            className="button wide"
            disabled={isBusy}
            onClick={() => answer({ reply: 'always' })}
          >
            <span>
              Always allow <code className="pattern">{always.join(', ')}</code>
            </span>
          </button>
        )}
        <button
          type="button"
          className="button danger wide"
          disabled={isBusy}
          onClick={() => answer({ reply: 'reject' })}
        >
          Reject
        </button>
      </div>
    </section>
  );
}
