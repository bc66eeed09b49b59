// @vitest-environment happy-dom
import { act, renderHook } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import {
  type Choice,
  choiceWasSent,
  giveChoiceBack,
  nothingChosen,
  over,
  readChoice,
  shortModel,
  useChatChoices,
  useNewChatChoices,
} from './choices';

const used: Choice = { model: 'p/used', variant: 'low', mode: 'plan' };

let count = 0;
/** Of a repository that no other test knows. */
let repo: string;
let chat: string;
beforeEach(() => {
  localStorage.clear();
  count += 1;
  repo = `o/r${count}`;
  chat = `ses_${count}`;
});

const inChat = (id = chat, last = used) => renderHook(() => useChatChoices(repo, id, last)).result;
const inNewChat = () => renderHook(() => useNewChatChoices(repo)).result;

it('what was not chosen in a chat is shown and left open', () => {
  expect(inChat().current).toMatchObject({ ...used, told: nothingChosen });
  expect(inChat(chat, nothingChosen).current).toMatchObject({ ...nothingChosen, told: nothingChosen });
});

it('what is chosen in a chat is sent once, and stays open until then', () => {
  const choices = inChat();
  act(() => choices.current.setMode('build'));
  expect(choices.current).toMatchObject({ model: 'p/used', variant: 'low', mode: 'build' });
  expect(choices.current.told).toEqual({ model: null, variant: null, mode: 'build' });
  const { told } = choices.current;
  act(() => choices.current.setModel('p/other', null));
  expect(choices.current.told).toEqual({ model: 'p/other', variant: null, mode: 'build' });
  // Chosen since.
  act(() => choiceWasSent(chat, told));
  expect(choices.current.told.model).toBe('p/other');
  act(() => choiceWasSent(chat, choices.current.told));
  expect(choices.current.told).toEqual(nothingChosen);
});

it('another chat’s choice changes nothing in a chat, and is the last one for new chats', () => {
  const choices = inChat();
  act(() => choices.current.setMode('build'));
  const other = inChat('ses_other');
  act(() => other.current.setModel('p/other', 'high'));
  expect(choices.current.told).toEqual({ model: null, variant: null, mode: 'build' });
  expect(inChat('ses_third').current).toMatchObject(used);
  expect(inNewChat().current).toMatchObject({ model: 'p/other', variant: 'high', mode: 'plan' });
});

it('a new chat begins with the last choice in its repository, else on this device', () => {
  localStorage.setItem('ocweb.model', 'p/device');
  expect(inNewChat().current).toMatchObject({ model: 'p/device', variant: null, mode: 'build' });
  const choices = inNewChat();
  act(() => choices.current.setMode('plan'));
  expect(choices.current.told).toEqual({ model: 'p/device', variant: null, mode: 'plan' });
  localStorage.setItem(
    'ocweb.choices.o/kept',
    '{"model":"p/kept","variant":"high","mode":"plan","chat":"ses_1"}',
  );
  const kept = renderHook(() => useNewChatChoices('o/kept')).result;
  expect(kept.current.told).toEqual({ model: 'p/kept', variant: 'high', mode: 'plan' });
});

it('what is taken back comes back with its choice, unless another was made since', () => {
  const choices = inChat();
  act(() => giveChoiceBack(chat, { model: 'p/x', variant: null, mode: 'build' }));
  expect(choices.current.told).toEqual({ model: 'p/x', variant: null, mode: 'build' });
  act(() => choices.current.setMode('plan'));
  act(() => giveChoiceBack(chat, { model: 'p/y', variant: null, mode: 'build' }));
  expect(choices.current.told).toEqual({ model: 'p/x', variant: null, mode: 'plan' });
});

it('a variant stays with its model', () => {
  const choice = { model: 'p/a', variant: null, mode: null };
  expect(over(choice, used)).toEqual({ model: 'p/a', variant: null, mode: 'plan' });
  expect(over(nothingChosen, used)).toEqual(used);
});

it('what is kept is read with care', () => {
  expect(readChoice(JSON.parse(JSON.stringify(used)))).toEqual(used);
  for (const value of [null, 3, 'text', [], { model: 1 }]) expect(readChoice(value)).toEqual(nothingChosen);
});

it('a chip names the model without its provider', () => {
  expect(shortModel({ model: 'openrouter/x/y-1', variant: 'high', mode: 'build' })).toBe('y-1 · high');
  expect(shortModel(nothingChosen)).toBeNull();
});
