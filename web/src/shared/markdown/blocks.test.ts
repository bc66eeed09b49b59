import { describe, expect, it } from 'vitest';
import { type Parsed, parseMarkdown, safeAddress } from './blocks';

const sample = `# Title

A paragraph with **bold**, \`code\` and a [link](https://example.com).

1. first
2. second
   - nested

\`\`\`ts
const a = 1;

const b = 2;
\`\`\`

| a | b |
|---|---|
| 1 | 2 |

> quoted
> on two lines

The end.
`;

const shape = ({ tokens }: Parsed) => tokens.map((token) => [token.type, token.raw.trimEnd()]);

describe('parseMarkdown', () => {
  it.each([1, 3, 17])('reads a text that grows by %i letters as it reads the whole', (step) => {
    let parsed: Parsed | undefined;
    for (let length = step; length < sample.length + step; length += step) {
      const text = sample.slice(0, length);
      parsed = parseMarkdown(text, false, parsed);
      expect(shape(parsed), text).toEqual(shape(parseMarkdown(text)));
    }
  });

  it('keeps the settled blocks of a growing text as they are', () => {
    const before = parseMarkdown('one\n\ntwo\n\nthree\n\nfour');
    const after = parseMarkdown('one\n\ntwo\n\nthree\n\nfour more', false, before);
    expect(after.tokens[0]).toBe(before.tokens[0]);
    expect(after.tokens.at(-1)?.raw).toBe('four more');
  });

  it('knows addresses that were defined further up', () => {
    const text = '[here]: https://example.com\n\none\n\ntwo\n\n';
    const after = parseMarkdown(`${text}see [here]`, false, parseMarkdown(text));
    expect(JSON.stringify(after.tokens.at(-1))).toContain('https://example.com');
  });

  it('makes no heading of what was read as a paragraph', () => {
    expect(shape(parseMarkdown('one\n---\ntwo')).map(([type]) => type)).toEqual([
      'paragraph',
      'hr',
      'paragraph',
    ]);
  });

  it('begins anew when the text was replaced', () => {
    const before = parseMarkdown('one\n\ntwo\n\nthree');
    expect(shape(parseMarkdown('other', false, before))).toEqual([['paragraph', 'other']]);
  });
});

describe('safeAddress', () => {
  it.each(['https://example.com/a?b#c', 'http://localhost:3000', 'mailto:a@example.com'])(
    'lets %s through',
    (href) => expect(safeAddress(href)).toBe(href),
  );

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    '/auth/logout',
    '//evil.example',
    'file:///etc/passwd',
    '',
  ])('refuses %s', (href) => expect(safeAddress(href)).toBeNull());
});
