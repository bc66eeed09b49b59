/** What agents can use: MCP servers with their state, agents and commands, as opencode is configured. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { type McpStatus, opencode } from '@/shared/api/opencode';
import { queries } from '@/shared/api/queries';
import { Failure, Loading } from '@/shared/ui/Notice';
import { serverWords } from './serverWords';

export function ToolsList() {
  return (
    <>
      <Servers />
      <Agents />
      <Commands />
    </>
  );
}

function Servers() {
  const { data, error, refetch } = useQuery(queries.servers());
  return (
    <Section title="MCP servers" error={error} isLoading={!data && !error} onRetry={() => refetch()}>
      {data && Object.keys(data).length === 0 && (
        <p className="pad dim">
          None is configured. They are named in opencode’s configuration, under “mcp”.
        </p>
      )}
      {Object.entries(data ?? {}).map(([name, status]) => (
        <ServerRow key={name} name={name} status={status} />
      ))}
    </Section>
  );
}

function ServerRow({ name, status }: { name: string; status: McpStatus }) {
  const queryClient = useQueryClient();
  const isConnected = status.status === 'connected';
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => (isConnected ? opencode.disconnectServer(name) : opencode.connectServer(name)),
    onSettled: () => queryClient.invalidateQueries({ queryKey: queries.servers().queryKey }),
  });
  const needsLogin = status.status === 'needs_auth' || status.status === 'needs_client_registration';
  return (
    <>
      <div className="row" data-testid="mcp-server" data-status={status.status}>
        <span className="grow">
          {name}
          <span className="sub block-line">{serverWords(name, status)}</span>
        </span>
        {!needsLogin && (
          <button type="button" className="button" disabled={isPending} onClick={() => mutate()}>
            {isConnected ? 'disconnect' : 'connect'}
          </button>
        )}
      </div>
      {error && <Failure what={isConnected ? 'Not disconnected.' : 'Not connected.'} error={error} />}
    </>
  );
}

function Agents() {
  const { data, error, refetch } = useQuery(queries.agents(undefined));
  return (
    <Section title="agents" error={error} isLoading={!data && !error} onRetry={() => refetch()}>
      {data
        ?.filter(({ hidden }) => !hidden)
        .map(({ name, mode, description }) => (
          <div key={name} className="row" data-testid="agent">
            <span className="grow">
              {name}
              {description !== undefined && <span className="sub block-line">{description}</span>}
            </span>
            <span className="sub">{mode}</span>
          </div>
        ))}
    </Section>
  );
}

function Commands() {
  const { data, error, refetch } = useQuery(queries.commands(undefined));
  return (
    <Section title="commands" error={error} isLoading={!data && !error} onRetry={() => refetch()}>
      {data?.map(({ name, description, source }) => (
        <div key={name} className="row" data-testid="command">
          <span className="grow">
            /{name}
            {description !== undefined && <span className="sub block-line">{description}</span>}
          </span>
          <span className="sub">{source}</span>
        </div>
      ))}
    </Section>
  );
}

interface SectionProps {
  title: string;
  error: Error | null;
  isLoading: boolean;
  onRetry: () => void;
  children: ReactNode;
}

function Section({ title, error, isLoading, onRetry, children }: SectionProps) {
  return (
    <section aria-label={title}>
      <h2 className="section-title">{title}</h2>
      {error && <Failure what={`The ${title} could not be loaded.`} error={error} onRetry={onRetry} />}
      {isLoading && <Loading what={`loading ${title}`} />}
      {children}
    </section>
  );
}
