import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { type Parsed, parseMarkdown } from './blocks';
import { Markdown } from './Markdown';

/** An answer as models write them, with all that can be taken for something else while it is half there. */
const answer = `# What I found

The **bug** is in \`parse()\`, *not* in the lexer: it reads \`a[0]\` **and then \`b[1]\` again**. See
[the docs](https://example.com/a_(b)) or <https://example.com>, and [1] below, arr[2], 2 * 3 * 4, ~5 minutes, R&D.

## Steps

1. First, **look** at \`src/main.ts\`
2. Then:
   - a nested *item* with [a link](https://example.com "title")
   - another __one__

   and a second paragraph.
3. ~~Nothing~~ else

- [ ] to do
- [x] done **well**

- a wide gap above

\`\`\`ts title="a.ts"
const fence = "\`\`";
// *not* **bold** [no](link)
\`\`\`
After the fence.

| Name | What **it** does |
|------|:----------------:|
| a | \`x | y\` is *odd* |
| b | 2 |

> A quotation with **bold
> text** and
> - an item

---

~~~
tildes
~~~

![a picture](https://example.com/x.png) and snake_case_word, _emphasis_, ***both*** and \\*escaped\\*.
Last line with &amp; entity, a <b>tag</b> and 1. no list
- but a list here: **done**.
`;

function html(text: string, isGrowing: boolean): string {
  return renderToStaticMarkup(createElement(Markdown, { text, isGrowing }));
}

/** What is shown, without the ends of what is still open. */
const open = (markup: string) => markup.replace(/(?:<\/[a-z0-9]+>)+$/, '');

/** An address that is still to come, and what is copied by the button, do not move anything. */
const steady = (markup: string) => markup.replaceAll(/<a(?: href="[^"]*")? target/g, '<a target');

describe('a text that grows', () => {
  const whole = steady(html(answer, false));

  // It renders the whole for each letter.
  it('only ever shows more: nothing that was shown changes its shape', { timeout: 60_000 }, () => {
    for (let length = 0; length <= answer.length; length += 1) {
      const shown = open(steady(html(answer.slice(0, length), true)));
      const common = whole.startsWith(shown);
      expect(common, `${answer.slice(Math.max(0, length - 40), length)}\n${shown.slice(-200)}`).toBe(true);
    }
  });

  it('shows the same at its end as a text that is read at once', () => {
    expect(steady(html(answer, true))).toBe(whole);
  });

  it('reads and renders no complete block again, and never makes another of one', { timeout: 60_000 }, () => {
    let parsed: Parsed | undefined;
    let rendered = 0;
    const types: string[] = [];
    for (let length = 1; length <= answer.length; length += 1) {
      const before = parsed?.tokens ?? [];
      parsed = parseMarkdown(answer.slice(0, length), true, parsed);
      parsed.tokens.forEach((token, index) => {
        types[index] ??= token.type;
        expect(token.type, `block ${index} after ${length} letters`).toBe(types[index]);
        if (token.raw !== before[index]?.raw) {
          rendered += 1;
          expect(index, 'only what is at the end changes').toBeGreaterThanOrEqual(before.length - 2);
        }
      });
    }
    // At most one block for each letter.
    expect(rendered).toBeLessThanOrEqual(answer.length);
  });

  it('holds no text back for ever', () => {
    const text = `an interval [0, 1) and ${'word '.repeat(100)}`;
    expect(html(text, true)).toContain('[0, 1) and word');
  });

  it('is read in a time that does not grow with what was read before', () => {
    const long = `${answer}\n\n`.repeat(40);
    let parsed = parseMarkdown(long, true);
    const begun = performance.now();
    for (let length = 1; length <= 100; length += 1) {
      parsed = parseMarkdown(long + answer.slice(0, length), true, parsed);
    }
    expect((performance.now() - begun) / 100).toBeLessThan(5);
  });
});
