/** Review comments as one prompt that an agent and a person can read. Pure. */
import { plural } from '@/shared/format';
import { isCommit, type QuotedLine, type ReviewComment } from './comment';

/** Longer quotations are cut in their middle: the agent has the file. */
const longestQuote = 40;

/** "src/a.ts:12", "src/a.ts:12-14", "src/a.ts:7 (before the change)", "src/a.ts:3 (in commit 1a2b3c4)". */
export function placeOf({ path, view, lines }: Pick<ReviewComment, 'path' | 'view' | 'lines'>): string {
  const after = lines.flatMap((line) => line.after ?? []);
  const numbers = after.length > 0 ? after : lines.flatMap((line) => line.before ?? []);
  const from = numbers[0];
  const to = numbers.at(-1);
  const range = from === undefined ? '' : from === to ? `:${from}` : `:${from}-${to}`;
  const notes = [
    ...(after.length === 0 && numbers.length > 0 ? ['before the change'] : []),
    ...(isCommit(view) ? [`in commit ${view.slice(0, 8)}`] : []),
  ];
  return `${path}${range}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}

const signs = { added: '+', deleted: '-', same: ' ' } as const;

/** The quoted lines with their signs; the middle of many left out. */
export function quotation(lines: readonly QuotedLine[]): string {
  const half = longestQuote / 2;
  const all = lines.map(({ kind, text }) => `${signs[kind]}${text}`);
  const left = all.length - longestQuote;
  if (left <= 0) return all.join('\n');
  return [...all.slice(0, half), `… ${plural(left, 'more line')} …`, ...all.slice(-half)].join('\n');
}

/** The quoted lines in a fence that nothing in them can close. */
export function fenced(lines: readonly QuotedLine[]): string {
  const text = quotation(lines);
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}diff\n${text}\n${fence}`;
}

/** File by file, in the order in which they were written. */
export function promptOf(comments: readonly ReviewComment[]): string {
  const paths = [...new Set(comments.map(({ path }) => path))];
  const sorted = paths.flatMap((path) => comments.filter((comment) => comment.path === path));
  const head =
    comments.length === 1
      ? 'I reviewed your changes and have a comment. Please see to it.'
      : `I reviewed your changes and have ${plural(comments.length, 'comment')}. Please see to each.`;
  const bodies = sorted.map((comment, index) => {
    const number = sorted.length === 1 ? '' : `${index + 1}. `;
    return `${number}${placeOf(comment)}\n${fenced(comment.lines)}\n${comment.text.trim()}`;
  });
  return [head, ...bodies].join('\n\n');
}
