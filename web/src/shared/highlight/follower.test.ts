import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Coloured } from './asker';
import { createFollower } from './follower';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A worker that answers when it is told to. */
function played() {
  const asked: string[] = [];
  const answers: ((lines: Coloured | null) => void)[] = [];
  const got: Coloured[] = [];
  const follower = createFollower(
    (_, text) => {
      asked.push(text);
      return new Promise((done) => answers.push(done));
    },
    (lines) => got.push(lines),
    250,
  );
  const answer = async (lines: Coloured | null) => {
    answers.shift()?.(lines);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { follower, asked, got, answer };
}

it('asks about the newest text alone, one question at a time', async () => {
  const { follower, asked, got, answer } = played();
  follower.update('css', 'a');
  await vi.advanceTimersByTimeAsync(0);
  follower.update('css', 'ab');
  follower.update('css', 'abc');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual(['a']);
  await answer([]);
  expect(got).toEqual([[]]);
  expect(asked).toEqual(['a', 'abc']);
});

it('waits between two questions', async () => {
  const { follower, asked, answer } = played();
  follower.update('css', 'a');
  await vi.advanceTimersByTimeAsync(0);
  await answer([]);
  follower.update('css', 'ab');
  await vi.advanceTimersByTimeAsync(200);
  expect(asked).toEqual(['a']);
  await vi.advanceTimersByTimeAsync(50);
  expect(asked).toEqual(['a', 'ab']);
});

it('is silent once it was stopped, and goes on after an answer without colours', async () => {
  const { follower, asked, got, answer } = played();
  follower.update('css', 'a');
  await vi.advanceTimersByTimeAsync(0);
  await answer(null);
  follower.update('css', 'ab');
  await vi.advanceTimersByTimeAsync(250);
  expect(asked).toEqual(['a', 'ab']);
  follower.stop();
  await answer([]);
  follower.update('css', 'abc');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(got).toEqual([]);
  expect(asked).toEqual(['a', 'ab']);
});
