/** How the reader is told, of what, and when not. */
import { useQuery } from '@tanstack/react-query';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Discord } from './Discord';
import { Events } from './Events';
import { Log } from './Log';
import { Muted } from './Muted';
import { Ntfy } from './Ntfy';
import { PublicAddress } from './PublicAddress';
import { QuietTime } from './QuietTime';
import { notificationQueries } from './settings';
import { Webhook } from './Webhook';
import { WebPush } from './WebPush';
import './notifications.css';

/** `titles` are of the chats, by id. */
export function Notifications({ titles }: { titles: Readonly<Record<string, string>> }) {
  const { data, error, refetch } = useQuery(notificationQueries.settings());
  if (error && !data)
    return <Failure what="The settings could not be loaded." error={error} onRetry={refetch} />;
  if (!data) return <Loading what="loading the settings" />;
  return (
    <>
      <section aria-label="Told by">
        <h2 className="section-title">told by</h2>
        <WebPush saved={data.web_push} />
        <Ntfy saved={data.ntfy} />
        <Discord saved={data.discord} />
        <Webhook saved={data.webhook} />
      </section>
      <Events settings={data} />
      <QuietTime hours={data.quiet_hours} />
      <Muted chats={data.muted_chats} titles={titles} />
      <PublicAddress saved={data.public_url} />
      <Log />
    </>
  );
}
