/** What was sent, what was held back and why, and what failed. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { Channel, LogEntry } from '@/shared/api/notifier';
import { moment, plural } from '@/shared/format';
import { Failure, Loading } from '@/shared/ui/Notice';
import { notificationQueries } from './settings';

const channels: Record<Channel, string> = {
  web_push: 'Web Push',
  ntfy: 'ntfy',
  discord: 'Discord',
  webhook: 'webhook',
};

const outcomes: Record<LogEntry['outcome'], { word: string; colour: string }> = {
  sent: { word: 'sent', colour: 'added' },
  held_back: { word: 'held back', colour: 'dim' },
  retrying: { word: 'trying again', colour: 'retrying' },
  failed: { word: 'failed', colour: 'deleted' },
};

export function Log() {
  const { data, error, refetch } = useQuery(notificationQueries.log());
  return (
    <section aria-label="Log" data-testid="notification-log">
      <h2 className="section-title">what was sent, and what not</h2>
      {error && <Failure what="The log could not be loaded." error={error} onRetry={refetch} />}
      {!data && !error && <Loading what="loading the log" />}
      {data?.length === 0 && <p className="dim pad">nothing yet</p>}
      {data?.map((entry) => (
        <Entry key={`${entry.at} ${entry.event} ${entry.chat_id} ${entry.channel}`} entry={entry} />
      ))}
    </section>
  );
}

function Entry({ entry }: { entry: LogEntry }) {
  const { word, colour } = outcomes[entry.outcome];
  // "Sent." says no more than the outcome beside it.
  const detail = entry.detail === 'Sent.' ? null : entry.detail;
  const line = [
    moment(Date.parse(entry.at)),
    entry.title,
    entry.attempts > 1 && plural(entry.attempts, 'attempt'),
  ];
  const body = (
    <>
      <span className="grow">
        {entry.event}
        {entry.channel !== null && ` by ${channels[entry.channel]}`}
        <span className="sub block-line">{line.filter(Boolean).join(' · ')}</span>
        {detail && <span className="sub block-line">{detail}</span>}
      </span>
      <span className={`log-outcome ${colour}`}>{word}</span>
    </>
  );
  const facts = { 'data-testid': 'log-entry', 'data-outcome': entry.outcome, className: 'row' };
  return entry.chat_id === null ? (
    <div {...facts}>{body}</div>
  ) : (
    <Link {...facts} href={`/chat/${entry.chat_id}`}>
      {body}
    </Link>
  );
}
