import highlighter from 'highlight.js/lib/core';
import { describe, expect, it } from 'vitest';
import { embedded, grammars } from './grammars';
import type { Language } from './language';
import { readRuns, textOf } from './runs';

const samples: Partial<Record<Language, string>> = {
  typescript: `const a = \`x \${b["<&>"]} y\`; // é 'q'\n\nclass Foo extends Bar {\n  n: number = 1;\n}`,
  python: 'def f(a: int) -> str:\n    """two\n    lines"""\n    return f"{a}"',
  xml: '<!-- a\nb --><p class="x">&amp; <script>let a = 1;</script></p>',
  bash: 'for f in *.txt; do echo "$f" > /dev/null; done',
  diff: '--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new',
};

async function runsOf(language: Language, text: string) {
  for (const each of [language, ...(embedded[language] ?? [])]) {
    highlighter.registerLanguage(each, (await grammars[each]()).default);
  }
  return readRuns(highlighter.highlight(text, { language, ignoreIllegals: true }).value);
}

describe('readRuns', () => {
  it.each(Object.entries(samples))('gives back the very text of %s', async (language, text) => {
    const lines = await runsOf(language as Language, text);
    expect(lines.map(textOf).join('\n')).toBe(text);
  });

  it('says what the words are', async () => {
    const [first] = await runsOf('typescript', 'const answer: number = f(42); // why');
    const kinds = first?.filter(({ kind }) => kind !== null).map(({ text, kind }) => [text, kind]);
    expect(kinds).toEqual([
      ['const', 'keyword'],
      ['answer', 'variable'],
      ['number', 'type'],
      ['f', 'function'],
      ['42', 'number'],
      ['// why', 'comment'],
    ]);
  });

  it('carries a kind over the end of a line', async () => {
    const lines = await runsOf('python', samples.python ?? '');
    expect(lines[2]?.at(-1)?.kind).toBe('string');
  });

  it('never takes what the code says for markup', () => {
    expect(readRuns('&lt;span class=&quot;hljs-string&quot;&gt; &amp;lt;')).toEqual([
      [{ text: '<span class="hljs-string"> &lt;', kind: null }],
    ]);
  });
});

describe('grammars', () => {
  it.each(Object.keys(grammars))('%s can be loaded and used', async (language) => {
    expect((await runsOf(language as Language, 'a = "b" # 1\n')).map(textOf)).toEqual(['a = "b" # 1', '']);
  });
});
