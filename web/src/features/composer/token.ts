/** What is being typed at the caret that something can be suggested for. Pure. */

export interface Token {
  kind: 'command' | 'mention';
  /** What is typed after `/` or `@`. */
  query: string;
  /** Where the token begins in the text, its sign included. */
  start: number;
  /** Where it ends: it may go on behind the caret. */
  end: number;
}

/** Longer than any path that somebody types: what lies further back is not looked at, however long the text is. */
const longest = 200;

/** The command or mention in which the caret stands. */
export function tokenAt(text: string, caret: number): Token | null {
  const from = Math.max(0, caret - longest);
  const before = text.slice(from, caret);
  const start = from + before.length - (/\S*$/.exec(before)?.[0].length ?? 0);
  const isWhole = start === 0 || /\s/.test(text[start - 1] ?? '');
  const kind = isWhole ? kindOf(text, start) : null;
  if (kind === null || caret <= start) return null;
  const rest = /^\S*/.exec(text.slice(caret, caret + longest))?.[0].length ?? 0;
  return { kind, query: text.slice(start + 1, caret), start, end: caret + rest };
}

function kindOf(text: string, start: number): Token['kind'] | null {
  // What runs in a shell has signs of its own.
  if (text.startsWith('!')) return null;
  if (text[start] === '@') return 'mention';
  return start === 0 && text[0] === '/' ? 'command' : null;
}

export interface Replaced {
  text: string;
  caret: number;
}

/** The text with a token made into what was chosen, and a space to go on behind. */
export function replaceToken(text: string, { start, end }: Token, chosen: string): Replaced {
  const after = text.slice(end);
  const gap = /^\s/.test(after) ? '' : ' ';
  return { text: text.slice(0, start) + chosen + gap + after, caret: start + chosen.length + 1 };
}
