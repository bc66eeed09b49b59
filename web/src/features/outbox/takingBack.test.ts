import { beforeEach, expect, it } from 'vitest';
import { RequestError } from '@/shared/http';
import { createTakingBack, type Kept, readKept, type TakingBack } from './takingBack';

const manner = { model: null, variant: null, mode: 'plan' };
const prompt: Kept = { id: 'msg_1', chat: 'ses_1', text: 'one', manner };
const lost = new RequestError('The server did not answer in time.', 0);

let kept: readonly Kept[];
let box: string[];
/** What was kept when the server was asked. */
let keptBefore: number[];
let failure: Error | null;

function openPage(canKeep = true): TakingBack {
  return createTakingBack({
    read: () => [...kept],
    write: (all) => {
      if (canKeep) kept = all;
    },
    takeBack: async () => {
      keptBefore.push(kept.length);
      if (failure) throw failure;
      return null;
    },
    give: async ({ text }) => void box.push(text),
    alone: (act) => act(),
  });
}

beforeEach(() => {
  kept = [];
  box = [];
  keptBefore = [];
  failure = null;
});

it('keeps the text before the server is asked, and not once it is in the box', async () => {
  await openPage().begin(prompt);
  expect(keptBefore).toEqual([1]);
  expect(box).toEqual(['one']);
  expect(kept).toEqual([]);
});

it('gives the text when it is gone from the server though only the answer was lost, and the page with it', async () => {
  failure = lost;
  await expect(openPage().begin(prompt)).rejects.toThrow(lost);
  expect(box).toEqual([]);
  failure = null;
  const again = openPage();
  await again.resume(() => false);
  expect(box).toEqual([]);
  await Promise.all([again.resume(() => true), again.resume(() => true)]);
  expect(box).toEqual(['one']);
  expect(kept).toEqual([]);
});

it('does what is asked where the browser keeps nothing, too', async () => {
  await openPage(false).begin(prompt);
  expect(box).toEqual(['one']);
});

it('goes on for as long as nothing is known', async () => {
  failure = lost;
  const page = openPage();
  await page.begin(prompt).catch(() => undefined);
  await page.resume(() => true);
  await page.resume(() => true);
  expect(keptBefore).toEqual([1, 1, 1]);
  expect(kept).toEqual([prompt]);
});

it('gives nothing that goes to opencode', async () => {
  failure = new RequestError('It has gone to opencode already.', 409, 'prompt-delivered');
  await expect(openPage().begin(prompt)).rejects.toThrow(failure);
  expect(kept).toEqual([]);
  expect(box).toEqual([]);
});

it('begins with nothing where what was written cannot be read', () => {
  expect(readKept(null)).toEqual([]);
  expect(readKept('{"half')).toEqual([]);
  expect(readKept('[{"id":"msg_1"}]')).toHaveLength(1);
});
