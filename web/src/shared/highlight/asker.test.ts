import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type ColourWorker, createAsker, limits } from './asker';
import type { Answer, Question } from './messages';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Workers that answer what they are told to, and what they were asked. */
function workers() {
  const all: { asked: Question[]; isEnded: boolean; worker: ColourWorker }[] = [];
  const start = (): ColourWorker => {
    const one = { asked: [] as Question[], isEnded: false };
    const worker: ColourWorker = {
      onmessage: null,
      onerror: null,
      postMessage: (question: Question) => void one.asked.push(question),
      terminate: () => {
        one.isEnded = true;
      },
    };
    all.push(Object.assign(one, { worker }));
    return worker;
  };
  const tell = (told: Omit<Extract<Answer, { type: 'done' }>, 'id'> | { type: 'begun' }) => {
    const last = all.at(-1);
    const id = last?.asked.at(-1)?.id;
    const worker = last?.worker as Worker;
    worker.onmessage?.(new MessageEvent('message', { data: { ...told, id } }));
  };
  const fail = () => {
    const worker = all.at(-1)?.worker as Worker;
    worker.onerror?.(new Event('error') as ErrorEvent);
  };
  return { all, start, tell, fail };
}

const lines = [[{ text: 'x', kind: null }]];

it('asks one after the other, and gives each its answer', async () => {
  const { all, start, tell } = workers();
  const ask = createAsker(start);
  const first = ask('go', 'a');
  const second = ask('go', 'b');
  expect(all[0]?.asked.map(({ text }) => text)).toEqual(['a']);
  tell({ type: 'begun' });
  tell({ type: 'done', lines });
  expect(await first).toBe(lines);
  tell({ type: 'done', lines: null });
  expect(await second).toBeNull();
  expect(all).toHaveLength(1);
});

it('ends a worker that a text keeps busy; what waited is asked of a new one, what it becomes is not', async () => {
  const { all, start, tell } = workers();
  const ask = createAsker(start);
  const stuck = ask('go', 'stuck');
  const other = ask('go', 'other');
  tell({ type: 'begun' });
  await vi.advanceTimersByTimeAsync(limits.text);
  expect(await stuck).toBeNull();
  expect(all.map(({ isEnded }) => isEnded)).toEqual([true, false]);
  tell({ type: 'done', lines });
  expect(await other).toBe(lines);
  expect(await ask('go', 'stuck and more')).toBeNull();
  expect(all.flatMap(({ asked }) => asked.map(({ text }) => text))).toEqual(['stuck', 'other']);
});

it('a language has longer to arrive, and is tried again', async () => {
  const { all, start, tell } = workers();
  const ask = createAsker(start);
  const first = ask('go', 'a');
  await vi.advanceTimersByTimeAsync(limits.text * 2);
  expect(all[0]?.isEnded).toBe(false);
  await vi.advanceTimersByTimeAsync(limits.language);
  expect(await first).toBeNull();
  const again = ask('go', 'a');
  tell({ type: 'done', lines });
  expect(await again).toBe(lines);
});

it('a worker that could not be loaded leaves its text plain, and the next text tries again', async () => {
  const { all, start, fail } = workers();
  const ask = createAsker(start);
  const first = ask('go', 'a');
  const second = ask('go', 'b');
  fail();
  expect(await first).toBeNull();
  expect(all).toHaveLength(2);
  fail();
  expect(await second).toBeNull();
});
