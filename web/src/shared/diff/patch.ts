/** Reads a unified diff of one file. Pure. */

export interface DiffLine {
  kind: 'added' | 'deleted' | 'same' | 'hunk' | 'note';
  /** Line number before the change; absent for added lines. */
  before?: number;
  /** Line number after the change; absent for deleted lines. */
  after?: number;
  /** What the line says; of a hunk, what git says that it is in. */
  text: string;
  /** Of a hunk: how many unchanged lines are left out before it. */
  skipped?: number;
}

const hunkHeader = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/;

/** The lines of a patch. git's headers are left out, or said in words. */
export function parsePatch(patch: string): DiffLine[] {
  const lines: DiffLine[] = [];
  if (patch === '') return lines;
  let before = 1;
  let after = 1;
  let inHunk = false;
  for (const line of patch.replace(/\n$/, '').split('\n')) {
    const hunk = hunkHeader.exec(line);
    if (hunk) {
      // A side that is empty counts from 0.
      const begin = Math.max(1, Number(hunk[1]));
      const skipped = begin - before;
      before = begin;
      after = Math.max(1, Number(hunk[2]));
      // The first hunk needs no separator unless it begins further down.
      if (inHunk || before > 1 || after > 1) {
        lines.push({ kind: 'hunk', text: (hunk[3] ?? '').trim(), skipped });
      }
      inHunk = true;
    } else if (inHunk) {
      const text = line.slice(1);
      switch (line[0]) {
        case '+':
          lines.push({ kind: 'added', after, text });
          after += 1;
          break;
        case '-':
          lines.push({ kind: 'deleted', before, text });
          before += 1;
          break;
        case '\\':
          lines.push({ kind: 'note', text: text.trim() });
          break;
        default:
          lines.push({ kind: 'same', before, after, text });
          before += 1;
          after += 1;
      }
    } else {
      const text = inWords(line);
      if (text !== null) lines.push({ kind: 'note', text });
    }
  }
  return lines;
}

/** What a header line of git says; null when the lines say it anyway. */
function inWords(header: string): string | null {
  if (header.startsWith('Binary files') || header.startsWith('GIT binary patch')) return 'binary file';
  const [, key = '', value = ''] =
    /^(rename from|copy from|new file mode|deleted file mode|new mode) (.+)$/.exec(header) ?? [];
  switch (key) {
    case 'rename from':
      return `renamed from ${value}`;
    case 'copy from':
      return `copied from ${value}`;
    case 'new file mode':
      return value === '120000' ? 'new link' : 'new file';
    case 'deleted file mode':
      return 'deleted';
    case 'new mode':
      return value === '100755' ? 'made executable' : 'no longer executable';
    default:
      return null;
  }
}

/** A file that is written whole, as if each line were added. */
export function asAdded(content: string): DiffLine[] {
  return content
    .replace(/\n$/, '')
    .split('\n')
    .map((text, index) => ({ kind: 'added', after: index + 1, text }));
}

/** How many lines a diff adds and deletes. */
export function countLines(lines: readonly DiffLine[]): { additions: number; deletions: number } {
  let additions = 0;
  let deletions = 0;
  for (const { kind } of lines) {
    if (kind === 'added') additions += 1;
    else if (kind === 'deleted') deletions += 1;
  }
  return { additions, deletions };
}

/** What stands between two pieces of a file, in words: "12 unchanged lines · function main()". */
export function hunkTitle({ text, skipped = 0 }: DiffLine): string {
  const gap = skipped > 0 ? `${skipped} unchanged line${skipped === 1 ? '' : 's'}` : '';
  return [gap, text].filter((part) => part !== '').join(' · ');
}
