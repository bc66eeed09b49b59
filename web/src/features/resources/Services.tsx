/** How each part of ocweb is. */
import { useQuery } from '@tanstack/react-query';
import type { Service } from '@/shared/api/admin';
import { queries } from '@/shared/api/queries';
import { bytes, moment } from '@/shared/format';
import { Failure, Loading } from '@/shared/ui/Notice';

export function Services() {
  const { data, error, refetch } = useQuery({
    ...queries.services(),
    refetchInterval: 5_000,
  });
  return (
    <section aria-label="Services" data-testid="services">
      <h2 className="section-title">services</h2>
      {error && <Failure what="The services could not be listed." error={error} onRetry={refetch} />}
      {!data && !error && <Loading what="asking the services" />}
      {data?.map((service) => (
        <ServiceRow key={service.name} service={service} />
      ))}
    </section>
  );
}

const colours: Partial<Record<Service['state'], string>> = {
  running: 'added',
  failed: 'deleted',
  unresponsive: 'deleted',
};

function ServiceRow({ service }: { service: Service }) {
  const facts = [
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
          <span className="sub block-line">
            {service.last_exit.message ??
              `ended with ${service.last_exit.signal ?? service.last_exit.code ?? 'no code'}`}
          </span>
        )}
      </span>
      <span className={colours[service.state] ?? ''}>{service.state}</span>
    </div>
  );
}
