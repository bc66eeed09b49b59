import { expect, it } from 'vitest';
import { lineOf, linesOf, reportOf } from './report';

const at = new Date(2026, 0, 2, 14, 2, 7, 45).getTime();

it('is read from the latest to the oldest, and what repeats is one line', () => {
  const notes = [
    { at, text: 'live' },
    { at: at + 1, text: '7 message.part.delta ses_1' },
    { at: at + 2, text: '8 message.part.delta ses_1' },
  ];
  expect(linesOf(notes)).toEqual(['14:02:07.047 8 message.part.delta ses_1 ×2', '14:02:07.045 live']);
  expect(lineOf({ at, text: 'x' })).toBe('14:02:07.045 x');
});

it('says where there is nothing', () => {
  expect(
    reportOf([
      { title: 'errors', lines: [] },
      { title: 'events', lines: ['a', 'b'] },
    ]),
  ).toBe('## errors\n(none)\n\n## events\na\nb');
});
