import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FileContent } from '@/shared/files';
import { RequestError } from '@/shared/http';
import type { Item } from './item';
import { createOutbox, emptyOutbox, type Outbox, type OutboxState } from './outbox';
import type { Storage } from './storage';

/** What outlives a page: the phone's storage, shared by all tabs. */
class Phone {
  readonly kept = new Map<string, Item>();
  readonly content = new Map<string, readonly FileContent[]>();
  readonly storage: Storage = {
    content: async (id) => [...(this.content.get(id) ?? [])],
    all: async () => [...this.kept.values()].map((item) => ({ ...item })),
    change: async ({ put, content, remove, removeContent }) => {
      if (put) this.kept.set(put.id, { ...put });
      if (put && content?.length) this.content.set(put.id, content);
      if (remove !== undefined) this.kept.delete(remove);
      if (removeContent !== undefined) this.content.delete(removeContent);
    },
  };
  #last: Promise<unknown> = Promise.resolve();

  alone = <T>(act: () => Promise<T>): Promise<T> => {
    const turn = this.#last.then(act);
    this.#last = turn.catch(() => undefined);
    return turn;
  };
}

/** A server that takes the same id any number of times, and whose network can fail in every way. */
class Server {
  network: 'up' | 'down' | 'silent' | 'loses answers' = 'up';
  refuses: (item: Item) => RequestError | null = () => null;
  readonly stored: string[] = [];
  /** What it was told to take back before it came. */
  readonly withdrawn = new Set<string>();
  /** The names of the files that came with a prompt. */
  readonly files = new Map<string, string[]>();
  asked = 0;
  isReachable = true;

  handOver = async (item: Item, content: readonly FileContent[], signal: AbortSignal): Promise<void> => {
    this.asked += 1;
    if (this.network === 'down') throw new RequestError('The server cannot be reached.', 0);
    if (this.network === 'silent') {
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }
    const refusal = this.refuses(item);
    if (refusal) throw refusal;
    if (this.withdrawn.has(item.id)) throw new RequestError('It was taken back.', 409, 'prompt-taken-back');
    if (!this.stored.includes(item.id)) this.stored.push(item.id);
    this.files.set(
      item.id,
      content.map(({ filename, bytes }) => `${filename} ${bytes.byteLength}`),
    );
    if (this.network === 'loses answers') throw new RequestError('The server did not answer in time.', 0);
  };

  takeBack = async ({ id }: Item): Promise<boolean> => {
    const canHear = this.network === 'up' || this.network === 'loses answers';
    if (!canHear) throw new RequestError('The server cannot be reached.', 0);
    const index = this.stored.indexOf(id);
    if (index >= 0) this.stored.splice(index, 1);
    this.withdrawn.add(id);
    if (this.network === 'loses answers') throw new RequestError('The server did not answer in time.', 0);
    return index >= 0;
  };
}

class Tab {
  state: OutboxState = emptyOutbox;
  readonly outbox: Outbox;

  constructor(phone: Phone, server: Server) {
    this.outbox = createOutbox({
      storage: phone.storage,
      isReachable: () => server.isReachable,
      handOver: (item, content, signal) => server.handOver(item, content, signal),
      takeBack: (item) => server.takeBack(item),
      alone: phone.alone,
      onChange: (change) => {
        this.state = change(this.state);
      },
      tellOthers: () => undefined,
    });
  }
}

let count = 0;
function item(chat: string, text: string): Item {
  count += 1;
  return {
    id: `msg_${String(count).padStart(4, '0')}`,
    chat,
    kind: 'prompt',
    text,
    command: null,
    agents: [],
    mentions: [],
    files: [],
    model: null,
    variant: null,
    agent: 'build',
    newChat: null,
    created_at: '2026-01-01T00:00:00Z',
    isAttempted: false,
    refusal: null,
  };
}

let phone: Phone;
let server: Server;
let tab: Tab;

beforeEach(() => {
  vi.useFakeTimers();
  count = 0;
  phone = new Phone();
  server = new Server();
  tab = new Tab(phone, server);
});
afterEach(() => {
  tab.outbox.stop();
  vi.useRealTimers();
});

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

describe('a prompt', () => {
  it('is stored before anything is sent', async () => {
    server.network = 'silent';
    await tab.outbox.add(item('a', 'one'));
    expect([...phone.kept.keys()]).toEqual(['msg_0001']);
  });

  it('is not called stored when it could not be', async () => {
    phone.storage.change = () => Promise.reject(new Error('full'));
    await expect(tab.outbox.add(item('a', 'one'))).rejects.toThrow('full');
    await pass(60_000);
    expect(server.asked).toBe(0);
  });

  it('is gone from the phone once the server has it', async () => {
    await tab.outbox.add(item('a', 'one'));
    await pass(0);
    expect(server.stored).toEqual(['msg_0001']);
    expect(phone.kept.size).toBe(0);
    expect(tab.state.items).toEqual([]);
    expect(tab.state.accepted.map(({ text }) => text)).toEqual(['one']);
  });

  it('waits for the network, and goes by itself', async () => {
    server.network = 'down';
    await tab.outbox.add(item('a', 'one'));
    await pass(600_000);
    expect(server.asked).toBeLessThan(40);
    server.network = 'up';
    await pass(30_000);
    expect(server.stored).toEqual(['msg_0001']);
  });

  it('goes at once when the connection is back', async () => {
    server.network = 'silent';
    await tab.outbox.add(item('a', 'one'));
    await pass(5_000);
    tab.outbox.interrupt();
    await pass(0);
    server.network = 'up';
    void tab.outbox.drain();
    await pass(0);
    expect(server.stored).toEqual(['msg_0001']);
  });

  it('arrives once though its answer was lost', async () => {
    server.network = 'loses answers';
    await tab.outbox.add(item('a', 'one'));
    await pass(10_000);
    server.network = 'up';
    await pass(30_000);
    expect(server.stored).toEqual(['msg_0001']);
    expect(phone.kept.size).toBe(0);
  });

  it('survives the end of the page at any moment', async () => {
    for (const network of ['down', 'silent', 'loses answers'] as const) {
      server.network = network;
      await tab.outbox.add(item('a', network));
      await pass(0);
      // The page ends: nothing of it is heard of again. Its locks end with it.
      tab.outbox.stop();
      phone.alone = new Phone().alone;
      server.network = 'up';
      tab = new Tab(phone, server);
      await tab.outbox.drain();
      expect(phone.kept.size).toBe(0);
    }
    expect(server.stored).toEqual(['msg_0001', 'msg_0002', 'msg_0003']);
  });
});

describe('a prompt that the server cannot take now', () => {
  it('has the reason, and goes when it can', async () => {
    server.refuses = () => new RequestError('The disk is full: delete a clone.', 507);
    await tab.outbox.add(item('a', 'one'));
    await pass(5_000);
    expect(tab.state.setbacks).toEqual({ msg_0001: 'The disk is full: delete a clone.' });
    server.refuses = () => null;
    await pass(30_000);
    expect(server.stored).toEqual(['msg_0001']);
  });

  it('has no reason where the page ended the attempt itself', async () => {
    server.network = 'silent';
    await tab.outbox.add(item('a', 'one'));
    await pass(0);
    tab.outbox.interrupt();
    await pass(0);
    expect(tab.state.setbacks).toEqual({});
  });
});

describe('several prompts', () => {
  it('go in order, of each chat its own', async () => {
    server.network = 'down';
    for (const [chat, text] of [
      ['a', '1'],
      ['b', '1'],
      ['a', '2'],
      ['b', '2'],
    ] as const) {
      await tab.outbox.add(item(chat, text));
    }
    server.network = 'up';
    await pass(30_000);
    expect(server.stored.filter((id) => ['msg_0001', 'msg_0003'].includes(id))).toEqual([
      'msg_0001',
      'msg_0003',
    ]);
    expect(server.stored).toHaveLength(4);
  });

  it('of two tabs do not overtake each other', async () => {
    const other = new Tab(phone, server);
    server.network = 'silent';
    await tab.outbox.add(item('a', '1'));
    await other.outbox.add(item('a', '2'));
    await pass(1_000);
    server.network = 'up';
    tab.outbox.interrupt();
    await pass(60_000);
    expect(server.stored).toEqual(['msg_0001', 'msg_0002']);
    other.outbox.stop();
  });

  it('wait behind one that fails for a while, those of other chats do not', async () => {
    server.refuses = ({ chat }) => (chat === 'a' ? new RequestError('Busy.', 503) : null);
    await tab.outbox.add(item('a', '1'));
    await tab.outbox.add(item('a', '2'));
    await tab.outbox.add(item('b', '1'));
    await pass(5_000);
    expect(server.stored).toEqual(['msg_0003']);
    server.refuses = () => null;
    await pass(30_000);
    expect(server.stored).toEqual(['msg_0003', 'msg_0001', 'msg_0002']);
  });
});

describe('a prompt that the server refuses', () => {
  beforeEach(async () => {
    server.refuses = ({ text }) => (text === 'bad' ? new RequestError('No such repository.', 422) : null);
    await tab.outbox.add(item('a', 'bad'));
    await tab.outbox.add(item('a', 'next'));
    await pass(0);
  });

  it('is kept with the reason, is not sent again by itself, and holds up what comes after it', async () => {
    const { asked } = server;
    await pass(600_000);
    expect(server.asked).toBe(asked);
    expect(server.stored).toEqual([]);
    expect(tab.state.items.map(({ refusal }) => refusal)).toEqual(['No such repository.', null]);
  });

  it('can be tried again', async () => {
    server.refuses = () => null;
    await tab.outbox.retry('msg_0001');
    await pass(0);
    expect(server.stored).toEqual(['msg_0001', 'msg_0002']);
  });

  it('can be taken back, also without a network, and lets the next go', async () => {
    server.network = 'down';
    expect((await tab.outbox.takeBack('msg_0001')).text).toBe('bad');
    server.network = 'up';
    await pass(30_000);
    expect(server.stored).toEqual(['msg_0002']);
  });

  it.each([401, 408, 425, 429, 500, 503])('is not one that was answered with %i', async (status) => {
    await tab.outbox.takeBack('msg_0001');
    server.refuses = () => new RequestError('Later.', status);
    await tab.outbox.add(item('b', 'later'));
    await pass(0);
    expect(tab.state.items.map(({ refusal }) => refusal)).toContain(null);
    server.refuses = () => null;
    await pass(60_000);
    expect(phone.kept.size).toBe(0);
  });
});

describe.each([409, 410])('a prompt to a chat that was deleted (%i)', (status) => {
  it('is refused for good with its text, until it is taken back', async () => {
    server.refuses = () => new RequestError('This chat was deleted.', status, 'chat-deleted');
    await tab.outbox.add({ ...item('a', 'one'), newChat: { repo: 'o/r', base: null } });
    await pass(0);
    await tab.outbox.retry('msg_0001');
    await pass(600_000);
    expect(server.asked).toBe(1);
    expect(phone.kept.get('msg_0001')).toMatchObject({
      text: 'one',
      refusal: 'This chat was deleted.',
      isFinal: true,
    });
    expect((await tab.outbox.takeBack('msg_0001')).text).toBe('one');
  });
});

describe('taking back', () => {
  it('what was never sent needs no network', async () => {
    server.network = 'silent';
    await tab.outbox.add(item('a', 'first'));
    await tab.outbox.add(item('a', 'second'));
    await pass(0);
    server.network = 'down';
    expect((await tab.outbox.takeBack('msg_0002')).text).toBe('second');
    expect([...phone.kept.keys()]).toEqual(['msg_0001']);
  });

  it('what waited for the network from the beginning needs none', async () => {
    server.isReachable = false;
    server.network = 'down';
    await tab.outbox.add(item('a', 'first'));
    await pass(600_000);
    expect(server.asked).toBe(0);
    expect((await tab.outbox.takeBack('msg_0001')).text).toBe('first');
    await tab.outbox.add(item('a', 'second'));
    server.isReachable = true;
    server.network = 'up';
    await tab.outbox.drain();
    expect(server.stored).toEqual(['msg_0002']);
  });

  it('what may have arrived asks the server', async () => {
    server.network = 'loses answers';
    await tab.outbox.add(item('a', 'one'));
    await pass(0);
    expect(server.stored).toEqual(['msg_0001']);
    server.network = 'down';
    await expect(tab.outbox.takeBack('msg_0001')).rejects.toThrow(/reached/);
    expect(phone.kept.size).toBe(1);
    server.network = 'up';
    await tab.outbox.takeBack('msg_0001');
    await pass(60_000);
    expect(server.stored).toEqual([]);
    expect(phone.kept.size).toBe(0);
  });

  it('what the server was told to take back is not sent again though the answer was lost', async () => {
    server.network = 'down';
    const newChat = { repo: 'o/r', base: null };
    await tab.outbox.add({ ...item('a', 'first'), newChat });
    await tab.outbox.add(item('a', 'second'));
    await pass(0);
    server.network = 'loses answers';
    await expect(tab.outbox.takeBack('msg_0001')).rejects.toThrow(/in time/);
    server.network = 'up';
    await pass(60_000);
    expect(server.stored).toEqual([]);
    expect(phone.kept.get('msg_0001')).toMatchObject({ refusal: 'It was taken back.', isFinal: true });
    server.network = 'down';
    expect((await tab.outbox.takeBack('msg_0001')).text).toBe('first');
    expect(phone.kept.get('msg_0002')?.newChat).toEqual(newChat);
    server.network = 'up';
    await pass(60_000);
    expect(server.stored).toEqual(['msg_0002']);
  });

  it('what was refused tells the server all the same: an earlier attempt may come late', async () => {
    server.network = 'silent';
    await tab.outbox.add(item('a', 'one'));
    await pass(0);
    server.network = 'up';
    server.refuses = () => new RequestError('Too many are waiting.', 409, 'conflict');
    tab.outbox.interrupt();
    await pass(5_000);
    await tab.outbox.takeBack('msg_0001');
    expect([...server.withdrawn]).toEqual(['msg_0001']);
  });

  it('what cannot be put into the box stays', async () => {
    server.isReachable = false;
    await tab.outbox.add(item('a', 'one'));
    await pass(0);
    const full = async () => {
      throw new Error('no room');
    };
    await expect(tab.outbox.takeBack('msg_0001', full)).rejects.toThrow('no room');
    expect(phone.kept.has('msg_0001')).toBe(true);
    server.isReachable = true;
    await tab.outbox.drain();
    expect(server.stored).toEqual(['msg_0001']);
  });

  it('the prompt that begins a chat leaves that to the next', async () => {
    server.network = 'silent';
    const newChat = { repo: 'o/r', base: null };
    await tab.outbox.add({ ...item('a', 'first'), newChat });
    await tab.outbox.add(item('b', 'of another'));
    await tab.outbox.add(item('a', 'second'));
    server.takeBack = async () => false;
    expect((await tab.outbox.takeBack('msg_0001')).newChat).toEqual(newChat);
    expect(tab.state.items.map((each) => each.newChat)).toEqual([null, newChat]);
  });

  it('the prompt that began a chat leaves the next as it is', async () => {
    server.network = 'loses answers';
    await tab.outbox.add({ ...item('a', 'first'), newChat: { repo: 'o/r', base: null } });
    await tab.outbox.add(item('a', 'second'));
    await pass(0);
    server.takeBack = async () => true;
    await tab.outbox.takeBack('msg_0001');
    expect(phone.kept.get('msg_0002')?.newChat ?? null).toBeNull();
  });

  it('ends what is under way', async () => {
    server.network = 'silent';
    await tab.outbox.add(item('a', 'one'));
    await pass(0);
    server.takeBack = async () => false;
    const taken = tab.outbox.takeBack('msg_0001');
    await pass(0);
    expect((await taken).text).toBe('one');
    server.network = 'up';
    await pass(60_000);
    expect(server.stored).toEqual([]);
  });

  it('what has been handed over meanwhile says so', async () => {
    await tab.outbox.add(item('a', 'one'));
    await pass(0);
    await expect(tab.outbox.takeBack('msg_0001')).rejects.toThrow(/handed over/);
  });
});

describe('the files of a prompt', () => {
  const photo: FileContent = { mime: 'image/jpeg', filename: 'a.jpg', bytes: new ArrayBuffer(3) };
  const withPhoto = (text: string): Item => ({ ...item('a', text), files: [photo] });

  it('are stored with it, and handed over with it', async () => {
    server.network = 'down';
    await tab.outbox.add(withPhoto('look'), [photo]);
    expect(phone.content.get('msg_0001')).toEqual([photo]);
    tab.outbox.stop();
    phone.alone = new Phone().alone;
    server.network = 'up';
    tab = new Tab(phone, server);
    await tab.outbox.drain();
    expect(server.files.get('msg_0001')).toEqual(['a.jpg 3']);
  });

  it('stay when it has been handed over or taken back, until somebody says that they are not needed', async () => {
    server.network = 'down';
    await tab.outbox.add(withPhoto('back'), [photo]);
    server.takeBack = async () => false;
    await tab.outbox.takeBack('msg_0001');
    expect(await tab.outbox.content('msg_0001')).toEqual([photo]);
    await tab.outbox.forgetContent('msg_0001');
    expect(await tab.outbox.content('msg_0001')).toEqual([]);
  });

  it('are not sent where they could not be stored', async () => {
    phone.storage.change = () => Promise.reject(new Error('no room'));
    await expect(tab.outbox.add(withPhoto('big'), [photo])).rejects.toThrow('no room');
    await pass(60_000);
    expect(server.asked).toBe(0);
  });
});
