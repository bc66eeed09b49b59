/** What a text in the box means: a prompt, one of opencode's commands, or a shell command. Pure. */

export interface Names {
  /** opencode's commands; empty until they are known. */
  commands: readonly string[];
  /** The agents that can be mentioned. */
  agents: readonly string[];
  /** Mentions that were picked: a path with spaces cannot be told from the text. */
  picked: readonly string[];
}

/** What goes to the outbox, without its files. */
export interface Meaning {
  kind: 'prompt' | 'command' | 'shell';
  text: string;
  /** The command's name, where it is one. */
  command: string | null;
  agents: string[];
  /** Paths that the text mentions. Whether there are such files is for the server to find. */
  mentions: string[];
}

export function isShell(text: string): boolean {
  return text.startsWith('!');
}

/** The command that a text begins with, be there one of that name or not. */
export function commandOf(text: string): { name: string; rest: string } | null {
  const match = /^\/(\S+)\s*/.exec(text);
  return match?.[1] === undefined ? null : { name: match[1], rest: text.slice(match[0].length) };
}

export function meaningOf(typed: string, names: Names): Meaning {
  const text = typed.trim();
  if (isShell(typed)) {
    return { kind: 'shell', text: text.slice(1).trim(), command: null, agents: [], mentions: [] };
  }
  const mentioned = mentionsIn(text, names);
  // After a space it is a text.
  const command = commandOf(typed);
  if (command && names.commands.includes(command.name)) {
    return { kind: 'command', text: command.rest.trim(), command: command.name, ...mentioned };
  }
  return { kind: 'prompt', text, command: null, ...mentioned };
}

/** As many as a prompt can mention. */
const most = 50;

function mentionsIn(text: string, { agents, picked }: Names): Pick<Meaning, 'agents' | 'mentions'> {
  const mentioned = new Set<string>(picked.filter((path) => text.includes(`@${path}`)));
  for (const [, , name = ''] of text.matchAll(/(^|\s)@(\S+)/g)) {
    const isPartOfPicked = picked.some((path) => path !== name && path.startsWith(name));
    if (!isPartOfPicked) mentioned.add(withoutPunctuation(name, agents));
  }
  const all = [...mentioned].filter((name) => name !== '');
  return {
    agents: all.filter((name) => agents.includes(name)),
    mentions: all.filter((name) => !agents.includes(name) && isRelative(name)).slice(0, most),
  };
}

/** `@notes.md,` and `(@notes.md)` mean notes.md. */
function withoutPunctuation(name: string, agents: readonly string[]): string {
  return agents.includes(name) ? name : name.replace(/[.,;:!?)\]}'"]+$/, '');
}

/** A path below the working copy: any other is refused. */
function isRelative(path: string): boolean {
  return !path.startsWith('/') && !path.split('/').includes('..');
}
