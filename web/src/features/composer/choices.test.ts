import { expect, it } from 'vitest';
import { choiceFor, type KeptChoice, readChoice, shortModel } from './choices';

const used = { model: 'p/used', variant: null, mode: 'plan' };
const kept: KeptChoice = { model: 'p/kept', variant: 'high', mode: 'build', chat: 'ses_1' };

it('what was chosen in this chat counts before what it used last', () => {
  expect(choiceFor('ses_1', used, kept, 'p/device')).toMatchObject({
    model: 'p/kept',
    variant: 'high',
    mode: 'build',
  });
});

it('another chat goes on as it did', () => {
  expect(choiceFor('ses_2', used, kept, 'p/device')).toMatchObject(used);
});

it('a new chat begins with the last choice in its repository', () => {
  expect(choiceFor(null, null, kept, 'p/device')).toMatchObject({ model: 'p/kept', variant: 'high' });
  expect(choiceFor(null, null, null, 'p/device')).toEqual({
    model: 'p/device',
    variant: null,
    mode: 'build',
  });
  expect(choiceFor(null, null, null, null)).toEqual({ model: null, variant: null, mode: 'build' });
});

it('a mode that was chosen without a model keeps the device’s model', () => {
  const mode: KeptChoice = { model: null, variant: null, mode: 'plan', chat: null };
  expect(choiceFor(null, null, mode, 'p/device')).toEqual({ model: 'p/device', variant: null, mode: 'plan' });
});

it('what is kept is read with care', () => {
  expect(readChoice(JSON.stringify(kept))).toEqual(kept);
  for (const text of [null, '', 'nonsense', 'null', '3']) {
    const read = readChoice(text);
    expect(read === null || read.model === null).toBe(true);
  }
});

it('a chip names the model without its provider', () => {
  expect(shortModel({ model: 'openrouter/x/y-1', variant: 'high', mode: 'build' })).toBe('y-1 · high');
  expect(shortModel({ model: null, variant: null, mode: 'build' })).toBe('default model');
});
