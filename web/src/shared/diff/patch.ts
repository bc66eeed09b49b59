/** Reads a unified diff of one file. Pure. */

export interface DiffLine {
  kind: 'added' | 'deleted' | 'same' | 'hunk' | 'note';
  /** Line number before the change; absent for added lines. */
  before?: number;
  /** Line number after the change; absent for deleted lines. */
  after?: number;
  text: string;
}

const hunkHeader = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/;

/** The lines of a patch, its file headers left out. */
export function parsePatch(patch: string): DiffLine[] {
  const lines: DiffLine[] = [];
  let before = 0;
  let after = 0;
  let inHunk = false;
  for (const line of patch.replace(/\n$/, '').split('\n')) {
    const hunk = hunkHeader.exec(line);
    if (hunk) {
      before = Number(hunk[1]);
      after = Number(hunk[2]);
      // The first hunk needs no separator unless it begins further down.
      if (inHunk || before > 1 || after > 1) lines.push({ kind: 'hunk', text: (hunk[3] ?? '').trim() });
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
    } else if (line.startsWith('Binary files')) {
      lines.push({ kind: 'note', text: 'binary file' });
    }
  }
  return lines;
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
