/** How permissive a chat can be, in words. */
import type { Permissions } from '@/shared/api/admin';

export interface Level {
  value: Permissions;
  title: string;
  note: string;
}

export const levels: readonly Level[] = [
  {
    value: 'ask',
    title: 'Ask',
    note: 'It reads by itself. It asks before it edits, runs commands, reaches the web or starts a subagent.',
  },
  {
    value: 'edits',
    title: 'Allow edits',
    note: 'It edits files of its working copy by itself, in mode plan too. It asks before everything else.',
  },
  {
    value: 'all',
    title: 'Allow all',
    note: 'It asks about nothing. Subagents still ask what opencode’s configuration tells them to.',
  },
];

/** Said before it is chosen. */
export const allWarning =
  'The agent then runs any command with your rights on that machine, without asking: it can delete files, push commits, read the keys that are there and send them anywhere. A page or a file that it reads can talk it into that.';

/** What holds where nobody chose. */
export const configured = 'as opencode is configured';

export function levelWord(permissions: Permissions | null): string {
  return levels.find(({ value }) => value === permissions)?.title.toLowerCase() ?? configured;
}
