/** Parts of ocweb that do not start any more, in words for who misses them. Pure. */
import type { Service } from '@/shared/api/admin';

const consequences: Readonly<Record<string, string>> = {
  opencode: 'opencode does not start: no agent can work.',
  auth: 'The logins do not start: nobody can log in.',
  'git-manager': 'Repositories and chats do not start: nothing can be sent or begun.',
  'github-gateway': 'The way to GitHub does not start: nothing can be cloned, fetched or pushed.',
  'event-relay': 'The live updates do not start: what is shown may be old.',
  notifier: 'The notifications do not start: nobody is told of anything.',
  'resource-monitor': 'The watch over disk and processes does not start.',
};

/** A sentence for each service that failed for good. */
export function failuresOf(services: readonly Service[]): { name: string; words: string }[] {
  return services
    .filter(({ state }) => state === 'failed')
    .map(({ name }) => ({ name, words: consequences[name] ?? `${name} does not start.` }));
}

/** How often the services are asked for, in milliseconds: soon again where something is known to be wrong. */
export function askEvery(isTroubled: boolean): number {
  return isTroubled ? 10_000 : 60_000;
}
