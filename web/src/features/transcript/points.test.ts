import { expect, test } from 'vitest';
import { type Entry, emptyTranscript, type Transcript } from '@/features/events/state';
import { filesIn, forkBefore, shownBefore, textOf, undoneBy } from './points';

const text = (said: string, synthetic = false) => ({ type: 'text', text: said, synthetic });
const patch = (...files: string[]) => ({ type: 'patch', files });
const entry = (id: string, role: string, ...parts: object[]) =>
  ({ info: { id, role }, parts }) as unknown as Entry;

function conversation(...entries: Entry[]): Transcript {
  return {
    ...emptyTranscript,
    order: entries.map(({ info }) => info.id),
    entries: Object.fromEntries(entries.map((it) => [it.info.id, it])),
  };
}

const two = conversation(
  entry('msg_1', 'user', text('one')),
  entry('msg_2', 'assistant', patch('/w/a.ts')),
  entry('msg_3', 'assistant', text('done')),
  entry('msg_4', 'user', text('two')),
  entry('msg_5', 'assistant', patch('/w/b.ts', '/w/a.ts')),
  entry('msg_6', 'assistant', patch('/w/b.ts'), text('done')),
);

test('a message as text: what was said, without what was added for the model', () => {
  expect(textOf(entry('m', 'user', text('a'), text('hidden', true), text('b')))).toBe('a\n\nb');
  expect(textOf(undefined)).toBe('');
});

test('of a message that only calls tools, its calls', () => {
  const state = { status: 'completed', input: { command: 'ls' }, output: 'a\nb\n' };
  expect(textOf(entry('m', 'assistant', { type: 'tool', tool: 'bash', state }))).toBe('```\n$ ls\na\nb\n```');
});

test('reverting to a prompt takes it back with everything after it', () => {
  expect(undoneBy(two, 'msg_4')).toEqual({ from: 'msg_4', messages: 3, files: ['/w/b.ts', '/w/a.ts'] });
  expect(undoneBy(two, 'msg_1')?.messages).toBe(6);
});

test('reverting to an answer keeps its turn, and of the last turn nothing can be undone', () => {
  expect(undoneBy(two, 'msg_2')?.from).toBe('msg_4');
  expect(undoneBy(two, 'msg_3')?.from).toBe('msg_4');
  expect(undoneBy(two, 'msg_6')).toBeNull();
  expect(undoneBy(two, 'gone')).toBeNull();
});

test('a fork has an answer and all before it, but not the prompt that it is made at', () => {
  expect(forkBefore(two, 'msg_4')).toBe('msg_4');
  expect(forkBefore(two, 'msg_3')).toBe('msg_4');
  expect(forkBefore(two, 'msg_6')).toBeUndefined();
});

test('what was reverted is not shown, be its first message loaded or not', () => {
  expect(shownBefore(two.order, null)).toBe(two.order);
  expect(shownBefore(two.order, 'msg_4')).toEqual(['msg_1', 'msg_2', 'msg_3']);
  expect(shownBefore(['msg_5', 'msg_6'], 'msg_4')).toEqual([]);
  expect(shownBefore(['msg_5', 'msg_6'], 'msg_7')).toEqual(['msg_5', 'msg_6']);
});

test('the files of a diff are counted', () => {
  expect(filesIn('diff --git a/a b/a\n-x\n+y\ndiff --git a/b b/b\n')).toBe(2);
  expect(filesIn('')).toBe(0);
});
