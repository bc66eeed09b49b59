/** The agent asks whether it may do something. */
import { opencode, type PermissionRequest } from '@/shared/api/opencode';
import { DiffLines } from '@/shared/diff/DiffLines';
import { parsePatch } from '@/shared/diff/patch';
import { relativePath } from '@/shared/format';
import { Failure } from '@/shared/ui/Notice';
import { useReply } from './useReply';

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

export default function PermissionCard({
  request,
  directory,
  asker,
}: {
  request: PermissionRequest;
  directory: string;
  /** The subagent that asks; null when it is the chat itself. */
  asker: string | null;
}) {
  const { busy, error, reply } = useReply(request.id);
  const send = (answer: 'once' | 'always' | 'reject') =>
    reply(() => opencode.replyPermission(request.id, directory, answer));
  const command = text(request.metadata.command);
  const diff = text(request.metadata.diff);
  const path = text(request.metadata.filepath);
  const what = command || (path && relativePath(path, directory)) || request.patterns.join('\n');
  const always = request.always.join(', ');
  return (
    <section className="card" aria-label="Permission" data-testid="permission">
      <h2>{titles[request.permission] ?? `May it use “${request.permission}”?`}</h2>
      {asker !== null && <p className="dim">asked by {asker}</p>}
      <pre className="card-what">{what}</pre>
      {diff !== '' && <DiffLines lines={parsePatch(diff)} label={what} />}
      {error !== null && <Failure what="The answer did not arrive." error={error} />}
      <div className="card-buttons">
        <button type="button" className="button primary wide" disabled={busy} onClick={() => send('once')}>
          Allow once
        </button>
        {always !== '' && (
          <button type="button" className="button wide" disabled={busy} onClick={() => send('always')}>
            <span>
              Always allow <code className="pattern">{always}</code>
            </span>
          </button>
        )}
        <button type="button" className="button danger wide" disabled={busy} onClick={() => send('reject')}>
          Reject
        </button>
      </div>
    </section>
  );
}
