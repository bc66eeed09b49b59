/** How the last backup went, and the work that is not in it. Nothing where none was ever made by the settings. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { useEvents } from '@/features/events/store';
import type { Instance } from '@/shared/api/admin';
import { queries } from '@/shared/api/queries';
import { viewTitle } from '@/shared/chatTitle';
import { bytes, moment } from '@/shared/format';

type Last = NonNullable<Instance['backup']>;

export function Backup() {
  const { data } = useQuery(queries.instance());
  const last = data?.backup;
  if (!last) return null;
  // What an older ocweb told may still be remembered: it has no such list.
  const unheld = last.not_held ?? [];
  return (
    <section aria-label="Backup" data-testid="backup">
      <h2 className="section-title">backup</h2>
      <p className="pad">{wordsOf(last)}</p>
      {last.reason && <p className="notice bad">{last.reason}</p>}
      {unheld.length > 0 && <p className="notice warn">Uncommitted work that is not in it:</p>}
      {unheld.map((work) => (
        <UnheldRow key={`${work.repo} ${work.session_id}`} work={work} />
      ))}
    </section>
  );
}

function wordsOf({ last_success_at, size_bytes, failed_at }: Last): string {
  const made =
    last_success_at === null
      ? 'None has worked yet.'
      : `The last one is of ${moment(Date.parse(last_success_at))}, ${bytes(size_bytes)}.`;
  return failed_at === null ? made : `${made} One failed ${moment(Date.parse(failed_at))}.`;
}

function UnheldRow({ work: { repo, session_id, reason } }: { work: Last['not_held'][number] }) {
  const title = useEvents((state) => {
    const chat = session_id === null ? undefined : state.chats[session_id];
    return chat && viewTitle(chat);
  });
  const text = (
    <>
      {title ?? repo}
      <span className="sub block-line">{title === undefined ? reason : `${repo} · ${reason}`}</span>
    </>
  );
  return (
    <div className="row" data-testid="unheld-work">
      {session_id === null ? (
        <span className="grow">{text}</span>
      ) : (
        <Link className="grow row-link" href={`/chat/${session_id}`}>
          {text}
        </Link>
      )}
    </div>
  );
}
