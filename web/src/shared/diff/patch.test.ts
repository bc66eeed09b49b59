import { describe, expect, it } from 'vitest';
import { asAdded, countLines, parsePatch } from './patch';

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
      { kind: 'hunk', text: 'function main()' },
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

  it('finds nothing in nothing', () => expect(parsePatch('')).toEqual([]));
});

describe('asAdded', () => {
  it('counts a last line without its end as a line', () => {
    expect(asAdded('a\nb').length).toBe(2);
    expect(asAdded('a\nb\n').length).toBe(2);
  });
});
