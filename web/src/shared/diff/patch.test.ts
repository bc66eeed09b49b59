import { describe, expect, it } from 'vitest';
import { asAdded, countLines, hunkTitle, parsePatch } from './patch';

const patch = `diff --git a/a.txt b/a.txt
index 0c2aa38..66d7f36 100644
--- a/a.txt
+++ b/a.txt
@@ -1,3 +1,3 @@
 line one
-line two
+--- line 2
 line three
@@ -20 +20,2 @@ function main()
-old
\\ No newline at end of file
+new
+newer
`;

describe('parsePatch', () => {
  it('numbers the lines of both sides and leaves the headers out', () => {
    expect(parsePatch(patch)).toEqual([
      { kind: 'same', before: 1, after: 1, text: 'line one' },
      { kind: 'deleted', before: 2, text: 'line two' },
      { kind: 'added', after: 2, text: '--- line 2' },
      { kind: 'same', before: 3, after: 3, text: 'line three' },
      { kind: 'hunk', text: 'function main()', skipped: 16 },
      { kind: 'deleted', before: 20, text: 'old' },
      { kind: 'note', text: 'No newline at end of file' },
      { kind: 'added', after: 20, text: 'new' },
      { kind: 'added', after: 21, text: 'newer' },
    ]);
    expect(countLines(parsePatch(patch))).toEqual({ additions: 3, deletions: 2 });
  });

  it('says that a file is binary', () => {
    expect(parsePatch('diff --git a/x b/x\nBinary files a/x and b/x differ\n')).toEqual([
      { kind: 'note', text: 'binary file' },
    ]);
  });

  it.each([
    ['rename from old.txt\nrename to new.txt', ['renamed from old.txt']],
    ['new file mode 100644', ['new file']],
    ['deleted file mode 100644', ['deleted']],
    ['old mode 100644\nnew mode 100755', ['made executable']],
  ])('says %j in words', (header, notes) => {
    const patch = `diff --git a/x b/x\n${header}\nindex 1..2\n--- a/x\n+++ b/x\n`;
    expect(parsePatch(patch).map(({ text }) => text)).toEqual(notes);
  });

  it('finds nothing in nothing', () => expect(parsePatch('')).toEqual([]));
});

describe('hunkTitle', () => {
  it('says what is left out, and where one is', () => {
    expect(hunkTitle({ kind: 'hunk', text: 'main()', skipped: 12 })).toBe('12 unchanged lines · main()');
    expect(hunkTitle({ kind: 'hunk', text: '', skipped: 1 })).toBe('1 unchanged line');
    expect(hunkTitle({ kind: 'hunk', text: 'main()', skipped: 0 })).toBe('main()');
  });
});

describe('asAdded', () => {
  it('counts a last line without its end as a line', () => {
    expect(asAdded('a\nb').length).toBe(2);
    expect(asAdded('a\nb\n').length).toBe(2);
  });
});
