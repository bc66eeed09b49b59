/** opencode's commands and agents: asked for once something is typed that could name one. */
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Agent } from '@/shared/api/opencode';
import { queries } from '@/shared/api/queries';
import { rememberLatest } from '@/shared/latest';

export interface KnownNames {
  commands: string[];
  agents: string[];
}

export interface Names {
  /** Answers what is known when a text is sent; rejects when it may be a command, and that cannot be found out. */
  ask: (typed: string) => Promise<KnownNames>;
  /** Whether that takes long enough to be said. */
  isAsking: boolean;
}

/** Sending does not wait longer for a list that was known before, in milliseconds. */
const patience = 2_500;
/** Nor for one that was never known. */
const longest = 10_000;
/** What takes longer is said. */
const soon = 300;
const pause = 500;

/** The commands that were known last, by repository, of so many. */
const remembered = rememberLatest('commands', 20);

/** Whether an agent can be mentioned. */
export function isMentionable({ mode, hidden }: Agent): boolean {
  return mode !== 'primary' && !hidden;
}

export function useNames(text: string, directory: string | undefined, repo: string | null): Names {
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  useQuery({ ...queries.commands(directory), enabled: text.startsWith('/') });
  useQuery({ ...queries.agents(directory), enabled: text.includes('@') });

  async function ask(typed: string): Promise<KnownNames> {
    const timer = setTimeout(setAsking, soon, true);
    try {
      const [commands, agents] = await Promise.all([
        typed.startsWith('/') ? commandNames(client, directory, repo) : [],
        typed.includes('@') ? inTime(client.ensureQueryData(queries.agents(directory)), patience) : [],
      ]);
      return { commands, agents: (agents ?? []).filter(isMentionable).map(({ name }) => name) };
    } finally {
      clearTimeout(timer);
      setAsking(false);
    }
  }
  return { ask, isAsking };
}

async function commandNames(
  client: QueryClient,
  directory: string | undefined,
  repo: string | null,
): Promise<string[]> {
  const place = repo ?? directory ?? '';
  const known = remembered.recall(place);
  const list = () => client.ensureQueryData(queries.commands(directory));
  const listed = Array.isArray(known) ? await inTime(list(), patience) : await persistently(list);
  if (listed) {
    const names = listed.map(({ name }) => name);
    remembered.remember(place, names);
    return names;
  }
  if (Array.isArray(known)) return known.map(String);
  throw new Error(
    'it may be a command, and opencode does not tell which there are. Try again, or begin with a space to send it as a text.',
  );
}

/** Null when it does not come. */
function inTime<T>(list: Promise<T[]>, time: number): Promise<T[] | null> {
  return Promise.race([list.catch(() => null), new Promise<null>((done) => setTimeout(done, time, null))]);
}

/** Asks again until there is no hope. */
async function persistently<T>(list: () => Promise<T[]>): Promise<T[] | null> {
  const deadline = Date.now() + longest;
  for (;;) {
    const listed = await inTime(list(), deadline - Date.now());
    if (listed || Date.now() + pause > deadline) return listed;
    await new Promise((done) => setTimeout(done, pause));
  }
}
