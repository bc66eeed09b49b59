/**
 * What is shown of a text that still grows. Whatever may yet turn out to be something else waits until it is known
 * (half a link, a fence's first line, the head of a table), and what is open is closed (bold text, a piece of code):
 * so what is shown once stays as it is, and only grows. Pure.
 */

import { mendInline } from './mendInline';

const fence = /^[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(`{3,}|~{3,})/;
/** A line that may yet become a list's item, a heading, a rule, a quotation or a fence. */
const onlyMarks =
  /^[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(?:[-*_=\s]+|[-+*]|#{1,6}|\d{1,9}[.)]?|`{1,2}|~{1,2})?\s*$/;
const blockStart = /^\s*(?:[-*+]\s|\d{1,9}[.)]\s|#{1,6}\s|\||`{3}|~{3})/;
/** What comes after such a line is a block of its own: an empty one, a heading, a fence. */
const endsBlock = /^\s*(?:$|#{1,6}\s|`{3}|~{3})/;
/** What stands before the text of a line. */
const lineMarks = /^[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?|#{1,6}\s+)*/;

/** The text as it can be shown already. */
export function mend(text: string): string {
  const lines = text.split('\n');
  const last = lines.length - 1;
  const line = lines[last] ?? '';
  const opened = openFence(lines.slice(0, last));
  if (opened !== null) {
    // A line of nothing but these may be the fence's end.
    const isEnd = line.trim() !== '' && [...line.trim()].every((letter) => letter === opened[0]);
    return isEnd ? lines.slice(0, last).join('\n') : text;
  }
  if (fence.test(line) || onlyMarks.test(line)) return mendParagraph(withoutTableHead(lines.slice(0, last)));
  if (line.trimStart().startsWith('|')) return withoutUnfinishedRow(lines).join('\n');
  return mendParagraph(withoutTableHead(lines, last));
}

/** The fence that is open after these lines. */
function openFence(lines: readonly string[]): string | null {
  let opened: string | null = null;
  for (const line of lines) {
    const marks = fence.exec(line)?.[1];
    if (marks === undefined) continue;
    if (opened === null) opened = marks;
    else if (marks[0] === opened[0] && marks.length >= opened.length && line.trim().endsWith(marks))
      opened = null;
  }
  return opened;
}

/** How many of the lines before `end` are a table's, or may be. */
function tableLines(lines: readonly string[], end: number): number {
  let begin = end;
  while (begin > 0 && lines[begin - 1]?.trimStart().startsWith('|')) begin -= 1;
  return end - begin;
}

const cells = (row: string) =>
  row
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|');
/** Whether a line may be what stands below the head of a table, and whether it is. */
const mayDelimit = (row: string) => /^\s*\|[\s|:-]*$/.test(row);
const delimits = (row: string, head: string) =>
  cells(row).length >= cells(head).length && cells(row).every((cell) => /^\s*:?-+:?\s*$/.test(cell));

/** Without a line that looks like the head of a table, as long as the next does not tell. */
function withoutTableHead(lines: readonly string[], end = lines.length): readonly string[] {
  const isTold = (lines[end] ?? '') !== '';
  return !isTold && tableLines(lines, end) === 1 ? [...lines.slice(0, end - 1), ''] : lines;
}

/** A table grows row by row: one that is not complete waits. */
function withoutUnfinishedRow(lines: readonly string[]): readonly string[] {
  const last = lines.length - 1;
  const count = tableLines(lines, lines.length);
  const [head = '', delimiter] = lines.slice(lines.length - count);
  if (delimiter === undefined) return lines.slice(0, last);
  if (!mayDelimit(delimiter)) return lines;
  if (count === 2) return delimits(delimiter, head) ? lines : [...lines.slice(0, last - 1), ''];
  const row = lines[last] ?? '';
  const isWhole = row.trimEnd().endsWith('|') && cells(row).length >= cells(head).length;
  return isWhole ? lines : lines.slice(0, last);
}

function mendParagraph(lines: readonly string[]): string {
  let begin = lines.length - 1;
  if (fence.test(lines[begin] ?? '')) return lines.join('\n');
  while (begin > 0 && continues(lines[begin] ?? '', lines[begin - 1] ?? '')) begin -= 1;
  const paragraph = lines.slice(begin).join('\n');
  const marks = lineMarks.exec(paragraph)?.[0] ?? '';
  const mended = mendInline(paragraph.slice(marks.length));
  // An item or heading of which nothing can be shown yet waits as well.
  const shown = mended.trim() === '' ? [] : [marks + mended];
  return [...lines.slice(0, begin), ...shown].join('\n');
}

/** Whether a line goes on with the paragraph of the line before it. */
function continues(line: string, before: string): boolean {
  const quoted = /^(?:\s*>)+/;
  const isQuoted = quoted.test(line);
  if (isQuoted && !quoted.test(before)) return false;
  return !blockStart.test(line.replace(quoted, '')) && !endsBlock.test(before.replace(quoted, ''));
}
