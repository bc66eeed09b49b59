import { expect, test } from 'vitest';
import { type Entry, emptyTranscript, type Transcript } from '@/features/events/state';
import { rowsOf } from './rows';

const prompt = { info: { id: 'p', role: 'user', time: { created: 5 } }, parts: [] } as unknown as Entry;
const answer = {
  info: { id: 'a', role: 'assistant', parentID: 'p', time: { created: 9 } },
  parts: [],
} as unknown as Entry;
const whole: Transcript = { ...emptyTranscript, order: ['p', 'a'], entries: { p: prompt, a: answer } };

test('where nothing changed everything is the same', () => {
  const rows = rowsOf(whole, whole.order, undefined);
  expect(rows.map(({ askedAt }) => askedAt)).toEqual([null, 5]);
  expect(rowsOf({ ...whole, entries: { ...whole.entries } }, whole.order, rows)).toBe(rows);
});

test('only the message that changed is another', () => {
  const rows = rowsOf(whole, whole.order, undefined);
  const after = rowsOf({ ...whole, interrupted: { a: true } }, whole.order, rows);
  expect(after[0]).toBe(rows[0]);
  expect(after[1]).toEqual({ ...rows[1], isCutOff: true });
});

test('when the prompt comes later than its answer, with an earlier page, it is known then', () => {
  const late = rowsOf({ ...whole, entries: { a: answer } }, ['a'], undefined);
  expect(late[0]?.askedAt).toBeNull();
  expect(rowsOf(whole, ['a'], late)[0]?.askedAt).toBe(5);
});
