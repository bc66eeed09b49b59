/** How each part of ocweb is, and what it is there for. Each can be restarted. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Service } from '@/shared/api/admin';
import { queries } from '@/shared/api/queries';
import { bytes, moment } from '@/shared/format';
import { Failure, Loading } from '@/shared/ui/Notice';
import { RestartSheet } from './RestartSheet';

export function Services() {
  const { data, error, refetch } = useQuery({
    ...queries.services(),
    refetchInterval: 5_000,
  });
  const [restarting, setRestarting] = useState<Service | null>(null);
  return (
    <section aria-label="Services" data-testid="services">
      <h2 className="section-title">services</h2>
      {error && <Failure what="The services could not be listed." error={error} onRetry={refetch} />}
      {!data && !error && <Loading what="asking the services" />}
      {data?.map((service) => (
        <ServiceRow key={service.name} service={service} onRestart={() => setRestarting(service)} />
      ))}
      {restarting && <RestartSheet service={restarting} onClose={() => setRestarting(null)} />}
    </section>
  );
}

const colours: Partial<Record<Service['state'], string>> = {
  running: 'added',
  failed: 'deleted',
  unresponsive: 'deleted',
};

/** What each does, for who knows none of their names. */
const jobs: Readonly<Record<string, string>> = {
  opencode: 'runs the agents',
  caddy: 'serves this page',
  auth: 'logins and tokens',
  'git-manager': 'repositories, chats, prompts',
  'github-gateway': 'the way to GitHub',
  'event-relay': 'live updates',
  notifier: 'notifications',
  'resource-monitor': 'disk and processes',
};

function ServiceRow({ service, onRestart }: { service: Service; onRestart: () => void }) {
  const facts = [
    jobs[service.name],
    service.started_at !== null && `since ${moment(Date.parse(service.started_at))}`,
    service.memory_bytes !== null && bytes(service.memory_bytes),
    service.restarts > 0 && `restarted ${service.restarts} ×`,
  ].filter(Boolean);
  return (
    <div className="row">
      <span className="grow">
        {service.name}
        <span className="sub block-line">{facts.join(' · ')}</span>
        {service.state !== 'running' && service.last_exit && (
          <span className="block-line">{service.last_exit.message}</span>
        )}
        {service.next_start_at !== null && (
          <span className="sub block-line">
            is started again at {moment(Date.parse(service.next_start_at))}
          </span>
        )}
      </span>
      <span className={colours[service.state] ?? ''}>{service.state}</span>
      <button type="button" className="button" aria-label={`Restart ${service.name}`} onClick={onRestart}>
        restart
      </button>
    </div>
  );
}
