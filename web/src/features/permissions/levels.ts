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
    note: 'It looks around by itself. It asks before it edits, runs commands, reaches the web, loads a skill, uses a tool of an MCP server or starts a subagent.',
  },
  {
    value: 'edits',
    title: 'Allow edits',
    note: 'It edits files of its working copy by itself. It asks before everything else.',
  },
  {
    value: 'all',
    title: 'Allow all',
    note: 'It asks only whether to go on when it does the same thing again and again.',
  },
];

/** What no level changes. */
export const exceptions =
  'Whatever is chosen, what opencode’s configuration denies stays denied, and mode plan edits no files where the configuration does not allow it. Subagents ask what the configuration tells them to. Custom tools, which the configuration adds, run without asking unless they ask by themselves.';

/** Said before it is chosen. */
export const allWarning =
  'The agent then runs any command with your rights on that machine, without asking: it can delete files, push commits, read the keys that are there and send them anywhere. A page or a file that it reads can talk it into that.';

/** What holds where nobody chose. */
export const configured = 'as opencode is configured';

export function levelWord(permissions: Permissions | null): string {
  return levels.find(({ value }) => value === permissions)?.title.toLowerCase() ?? configured;
}
