import { describe, expect, it } from 'vitest';
import type { ChatView, PromptDocument } from '@/shared/api/relay';
import type { Item } from './item';
import { type Circumstances, rowsOf } from './rows';

const item = (id: string, more: Partial<Item> = {}) =>
  ({ id, chat: 'a', text: id, newChat: null, isAttempted: false, refusal: null, ...more }) as Item;
const prompt = (id: string, more: Partial<PromptDocument> = {}) =>
  ({ id, text: id, state: 'waiting', error: null, ...more }) as PromptDocument;
const chat = (more: Partial<ChatView>) =>
  ({ id: 'a', state: 'done', preparation: null, prompts: [], ...more }) as unknown as ChatView;

function rows(
  items: Item[],
  accepted: Item[],
  view: Partial<ChatView> | null,
  more: Partial<Circumstances> = {},
  setbacks: Record<string, string> = {},
) {
  const now = { isLive: true, isOpencodeUp: true, isShown: () => false, ...more };
  return rowsOf('a', { items, accepted, setbacks }, { ...now, chat: view === null ? undefined : chat(view) });
}

const words = (all: ReturnType<typeof rows>) => all.map(({ id, words }) => `${id}: ${words}`);

describe('the rows of prompts that opencode does not have yet', () => {
  it('are those on the phone, on the server, and between the two, in order', () => {
    const all = rows([item('4'), item('9', { chat: 'b' })], [item('1'), item('3')], {
      prompts: [prompt('2', { state: 'sending' }), prompt('3')],
    });
    expect(all.map(({ id, state, isHere }) => [id, state, isHere])).toEqual([
      ['1', 'sent', false],
      ['2', 'sending', false],
      ['3', 'waiting', false],
      ['4', 'kept', true],
    ]);
  });

  it('are each shown once, and not once the conversation shows them', () => {
    const all = rows(
      [item('1'), item('2')],
      [item('1'), item('3')],
      { prompts: [prompt('2'), prompt('4')] },
      {
        isShown: (id) => id === '4' || id === '3',
      },
    );
    expect(all.map(({ id, state }) => [id, state])).toEqual([
      ['1', 'sent'],
      ['2', 'waiting'],
    ]);
  });
});

describe('the words', () => {
  it('of what is on the phone', () => {
    const kept = [item('1')];
    expect(words(rows(kept, [], null))).toEqual(['1: being sent']);
    expect(words(rows(kept, [], null, { isLive: false }))).toEqual([
      '1: on this phone, waiting for the network',
    ]);
    expect(words(rows([item('1', { refusal: 'No.' }), item('2')], [], {}))).toEqual([
      '1: Not sent: No.',
      '2: waiting for the one before it',
    ]);
  });

  it('of what is refused for good, which can only be taken back', () => {
    const [deleted] = rows([item('1', { refusal: 'This chat was deleted.', isFinal: true })], [], null);
    expect(deleted).toMatchObject({ words: 'Not sent: This chat was deleted.', canRetry: false });
    const [refused] = rows([item('1', { refusal: 'No.' })], [], null);
    expect(refused?.canRetry).toBe(true);
  });

  it('of what is tried again, with the reason', () => {
    const reasons = { 1: 'The disk is full: delete a clone.' };
    expect(words(rows([item('1')], [], null, {}, reasons))).toEqual([
      '1: trying again: The disk is full: delete a clone.',
    ]);
    expect(words(rows([item('1')], [], null, { isLive: false }, reasons))).toEqual([
      '1: on this phone, waiting for the network',
    ]);
  });

  it.each([
    [{ state: 'preparing', preparation: { state: 'cloning', progress: null } }, {}, 'waiting for the clone'],
    [
      { state: 'queued', preparation: { state: 'queued', progress: null } },
      {},
      'waiting for the working copy',
    ],
    [{ state: 'failed' }, {}, 'waiting for the working copy, which could not be made'],
    [{ state: 'working' }, { isOpencodeUp: false }, 'waiting for opencode'],
    [{ state: 'working' }, {}, 'waiting until the agent is done'],
    [{ state: 'needs_you' }, {}, 'waiting until the agent is done'],
    [{ state: 'queued' }, {}, 'waiting for its turn'],
  ] as const)('of what waits on the server %#', (view, more, expected) => {
    const all = rows([], [], { ...view, prompts: [prompt('1')] }, more);
    expect(words(all)).toEqual([`1: ${expected}`]);
  });

  it('of what failed, and of what waits behind it', () => {
    const error = { type: 'x', title: 'No', status: 400, detail: 'The model is unknown.' };
    const all = rows([], [], {
      state: 'working',
      prompts: [prompt('1', { state: 'failed', error }), prompt('2')],
    });
    expect(words(all)).toEqual([
      '1: Not delivered: The model is unknown.',
      '2: waiting for the one before it',
    ]);
    expect(all.some(({ canHurry }) => canHurry)).toBe(false);
  });

  it('of what is held, of which the first has them all go on', () => {
    const held = (id: string) => prompt(id, { state: 'held' });
    const two = rows([item('3')], [], { state: 'done', prompts: [held('1'), held('2')] });
    expect(words(two)).toEqual([
      '1: held: you stopped this chat',
      '2: held: you stopped this chat',
      '3: being sent',
    ]);
    expect(two.map(({ resume }) => resume)).toEqual(['Send them', null, null]);
    expect(rows([], [], { prompts: [held('1')] })[0]?.resume).toBe('Send it');
    const behind = rows([], [], { prompts: [prompt('1', { state: 'sending' }), held('2'), held('3')] });
    expect(behind.map(({ resume }) => resume)).toEqual([null, 'Send them', null]);
  });

  it('and only what waits for the agent can be hurried', () => {
    const busy = rows([item('3')], [], { state: 'working', prompts: [prompt('1'), prompt('2')] });
    expect(busy.map(({ canHurry }) => canHurry)).toEqual([true, true, false]);
    const down = rows([], [], { state: 'working', prompts: [prompt('1')] }, { isOpencodeUp: false });
    expect(down[0]?.canHurry).toBe(false);
    const preparing = rows([], [], { state: 'preparing', prompts: [prompt('1')] });
    expect(preparing[0]?.canHurry).toBe(false);
  });
});
