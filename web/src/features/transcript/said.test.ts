import { expect, it } from 'vitest';
import { type Entry, emptyTranscript, type Transcript } from '@/features/events/state';
import { lastSaid, saidIn } from './said';

const text = (said: string, synthetic = false) => ({ type: 'text', text: said, synthetic });
const entry = (id: string, info: object, ...parts: object[]) =>
  ({ info: { id, ...info }, parts }) as unknown as Entry;
const prompt = (id: string, ...parts: object[]) => entry(id, { role: 'user' }, ...parts);
const answer = (id: string, parentID: string, ...parts: object[]) =>
  entry(id, { role: 'assistant', parentID }, ...parts);

function conversation(...entries: Entry[]): Transcript {
  return {
    ...emptyTranscript,
    order: entries.map(({ info }) => info.id),
    entries: Object.fromEntries(entries.map((it) => [it.info.id, it])),
  };
}

const shell = prompt('p', text('The following tool was executed by the user', true));
const run = answer('a', 'p', { type: 'tool', tool: 'bash', state: { input: { command: 'ls -l' } } });

it('words are what was typed, without what was added for the model', () => {
  const said = prompt('p', text('one'), text('hidden', true), text('two'), { type: 'file' });
  expect(saidIn(conversation(said), said)).toBe('one\n\ntwo');
});

it('a line for the shell is found in its answer, and shown as it was typed', () => {
  expect(saidIn(conversation(shell, answer('x', 'other'), run), shell)).toBe('!ls -l');
  expect(saidIn(conversation(shell), shell)).toBe('!');
});

it('a command that a subagent runs has its name', () => {
  const review = prompt('p', { type: 'subtask', command: 'review', prompt: 'You are …', description: 'd' });
  expect(saidIn(conversation(review), review)).toBe('/review');
});

it('what opencode wrote in the person’s name was said by nobody; a picture alone says nothing', () => {
  const added = prompt('s', text('Summarize the task tool output above.', true));
  expect(saidIn(conversation(added), added)).toBeNull();
  const picture = prompt('q', { type: 'file' });
  expect(saidIn(conversation(picture), picture)).toBe('');
  expect(lastSaid(conversation(shell, run, added, picture))).toBe('!ls -l');
  expect(lastSaid(undefined)).toBeNull();
});
