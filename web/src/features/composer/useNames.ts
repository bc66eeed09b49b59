/** opencode's commands and agents: asked for once something is typed that could name one. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Agent, Command } from '@/shared/api/opencode';
import { queries } from '@/shared/api/queries';
import { recall, remember } from '@/shared/storage';

export interface KnownNames {
  commands: string[];
  agents: string[];
}

/** Sending does not wait longer for a list, in milliseconds. */
const patience = 2_500;
const commandsKey = 'commands';

/** Whether an agent can be mentioned. */
export function isMentionable({ mode, hidden }: Agent): boolean {
  return mode !== 'primary' && !hidden;
}

/** Answers what is known when a text is sent. Without a network that is what was known last. */
export function useNames(text: string, directory: string | undefined): () => Promise<KnownNames> {
  const client = useQueryClient();
  const commands = queries.commands(directory);
  const agents = queries.agents(directory);
  useQuery({ ...commands, enabled: text.startsWith('/') });
  useQuery({ ...agents, enabled: text.includes('@') });

  const inTime = <T>(list: Promise<T[]>): Promise<T[] | null> =>
    Promise.race([list.catch(() => null), new Promise<null>((done) => setTimeout(done, patience, null))]);

  return async () => {
    const [listed, mentionable] = await Promise.all([
      text.startsWith('/') ? inTime<Command>(client.ensureQueryData(commands)) : [],
      text.includes('@') ? inTime<Agent>(client.ensureQueryData(agents)) : [],
    ]);
    const names = listed?.map(({ name }) => name) ?? (recall(commandsKey) ?? '').split('\n');
    if (listed && listed.length > 0) remember(commandsKey, names.join('\n'));
    return { commands: names, agents: (mentionable ?? []).filter(isMentionable).map(({ name }) => name) };
  };
}
