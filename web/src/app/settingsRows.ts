/** What can be set, and where: the rows of `/settings`. Each page or section adds its own. */

export interface SettingsRow {
  title: string;
  /** The address it leads to. */
  href: string;
  /** What it is about, in a few words. */
  note: string;
  /** Other words under which somebody may look for it. */
  keywords: string;
}

export const settingsRows: readonly SettingsRow[] = [
  {
    title: 'Providers',
    href: '/settings/providers',
    note: 'connect who runs the models',
    keywords: 'api key oauth login openrouter anthropic openai connect disconnect',
  },
  {
    title: 'Models',
    href: '/settings/models',
    note: 'which are offered, the default',
    keywords: 'hide show picker favourite provider',
  },
  {
    title: 'Permissions',
    href: '/settings/permissions',
    note: 'what agents may do without asking',
    keywords: 'ask allow edits all bash auto approve yolo safe default',
  },
  {
    title: 'Tools',
    href: '/settings/tools',
    note: 'MCP servers, agents, commands',
    keywords: 'mcp server agent subagent command slash skill',
  },
  {
    title: 'Commits',
    href: '/settings/commits',
    note: 'who they are by',
    keywords: 'git author name email address co-author coauthor trailer committer identity',
  },
  {
    title: 'Appearance',
    href: '/settings/appearance',
    note: 'text size, theme',
    keywords: 'font colour color dark light black opencode theme accessibility',
  },
  {
    title: 'Notifications',
    href: '/notifications',
    note: 'how, of what and when you are told',
    keywords: 'push ntfy discord webhook quiet hours mute sound',
  },
  {
    title: 'Logins and tokens',
    href: '/devices',
    note: 'devices, programs, revoke',
    keywords: 'devices tokens sessions log out revoke password',
  },
  {
    title: 'Saved work',
    href: '/resources#saved',
    note: 'what deletions saved, restore it',
    keywords: 'undo restore deleted chat bundle trash backup lost',
  },
  {
    title: 'Repositories',
    href: '/repos',
    note: 'begin a chat in another one',
    keywords: 'github clone',
  },
  {
    title: 'Resources',
    href: '/resources',
    note: 'disk, memory, processes, services',
    keywords: 'clean up garbage worktrees services kill restart continue backup',
  },
  {
    title: 'Debug',
    href: '/debug',
    note: 'last events, requests and errors',
    keywords: 'log version report problem support storage',
  },
];

/** The rows in which every word that is looked for occurs, in their order. Pure. */
export function findRows(rows: readonly SettingsRow[], query: string): readonly SettingsRow[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(({ title, note, keywords }) => {
    const text = `${title} ${note} ${keywords}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
