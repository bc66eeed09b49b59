// Outputs of five megabytes, of the kinds that a reader may stumble over: each is read in one go, whatever is in it.
import { expect, it } from 'vitest';
import { outputLines, plainOutput, styledLine } from '@/shared/terminal/output';
import { plain } from '@/shared/terminal/style';
import { foundText } from './lookups';
import { resultOf } from './subagent';

const size = 5_000_000;
const full = (pattern: string) => pattern.repeat(Math.ceil(size / pattern.length));

/** In milliseconds. A reader that went over it again and again would take minutes at the least. */
const longest = 10_000;

const outputs = [
  full('a') + full('\b'),
  full('ab\b'),
  `${full('\r')}x`,
  full('x\r'),
  full('\n'),
  full('\u001b'),
  full('\u001b['),
  full('\u001b]'),
  full('\u001b[1m'),
  `\u001b[${full('38;')}m`,
  `\u001b[${full('1;')}`,
  full('<file>'),
  full('<content>\n'),
  full('</file>'),
  full('<task_result>'),
  full('<task'),
  full('<task_metadata>'),
].map((output) => [output.slice(0, 12), output] as const);

const readers = {
  outputLines,
  plainOutput,
  styledLine: (output: string) => styledLine(output, plain),
  foundText,
  'foundText of a file': (output: string) => foundText(`<file>\n${output}\n</file>`),
  resultOf,
};

it.each(Object.entries(readers))(
  '%s',
  (name, read) => {
    for (const [begin, output] of outputs) {
      const at = performance.now();
      read(output);
      expect(performance.now() - at, `${name} of ${JSON.stringify(begin)}…`).toBeLessThan(longest);
    }
  },
  120_000,
);
