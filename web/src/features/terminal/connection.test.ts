import { describe, expect, it } from 'vitest';
import { Connection, type ConnectionState, readCursor, type Socket } from './connection';

/** A terminal of which the test says everything; the times at which it is called back are run by hand. */
function stage() {
  const sockets: (Socket & { cursor: number; sent: string[] })[] = [];
  const states: ConnectionState[] = [];
  const waits: { call: () => void; milliseconds: number }[] = [];
  const replayed: string[] = [];
  let output = '';
  let alive: () => Promise<boolean> = async () => true;
  const connection = new Connection({
    open: (cursor) => {
      const sent: string[] = [];
      const socket = {
        cursor,
        sent,
        readyState: 0,
        binaryType: 'blob' as BinaryType,
        onopen: null,
        onclose: null,
        onmessage: null,
        send: (text: string) => void sent.push(text),
        close: () => undefined,
      };
      sockets.push(socket as unknown as (typeof sockets)[number]);
      return socket as unknown as Socket;
    },
    onOutput: (text, isReplayed) => {
      output += text;
      if (isReplayed) replayed.push(text);
    },
    onState: (state) => void states.push(state),
    isAlive: () => alive(),
    later: (call, milliseconds) => {
      waits.push({ call, milliseconds });
      return () => void waits.splice(0);
    },
  });
  const last = () => {
    const socket = sockets.at(-1);
    if (!socket) throw new Error('no socket was opened');
    return socket as unknown as {
      cursor: number;
      sent: string[];
      readyState: number;
      onopen: () => void;
      onclose: () => void;
      onmessage: (event: { data: unknown }) => void;
    };
  };
  return {
    connection,
    states,
    waits,
    sockets,
    replayed,
    last,
    output: () => output,
    dies: () => {
      alive = async () => false;
    },
    cannotBeAsked: () => {
      alive = async () => {
        throw new Error('no network');
      };
    },
  };
}

const settled = () => new Promise((done) => setTimeout(done, 0));
const frame = (text: string) => new TextEncoder().encode(`\0${text}`).buffer;

describe('a connection to a terminal', () => {
  it('goes on after what has arrived', async () => {
    const { last, output, waits, sockets, states } = stage();
    last().onopen();
    last().onmessage({ data: frame('{"cursor":0}') });
    last().onmessage({ data: 'one ' });
    last().onmessage({ data: 'two ' });
    last().onclose();
    await settled();
    waits[0]?.call();
    expect(last().cursor).toBe(8);
    last().onopen();
    last().onmessage({ data: 'three' });
    expect(output()).toBe('one two three');
    expect(sockets.length).toBe(2);
    expect(states).toEqual(['connecting', 'open', 'lost', 'connecting', 'open']);
  });

  it('takes the count that it is told', () => {
    const { last } = stage();
    last().onmessage({ data: 'cut' });
    last().onmessage({ data: frame('{"cursor":5000}') });
    last().onclose();
    expect(readCursor(frame('{"cursor":5000}'))).toBe(5000);
    expect(readCursor(frame('{}'))).toBeNull();
    expect(readCursor(frame('not'))).toBeNull();
    expect(readCursor(new Uint8Array([1]).buffer)).toBeNull();
  });

  it('ends when the terminal has ended, and not when nobody can tell', async () => {
    const cut = stage();
    cut.cannotBeAsked();
    cut.last().onclose();
    await settled();
    expect(cut.states.at(-1)).toBe('lost');
    const over = stage();
    over.dies();
    over.last().onclose();
    await settled();
    expect(over.states.at(-1)).toBe('ended');
    over.connection.renew();
    expect(over.sockets.length).toBe(1);
  });

  it('waits longer each time, and not at all when it is asked to try', async () => {
    const { last, waits, connection, sockets } = stage();
    for (let time = 0; time < 7; time += 1) {
      last().onclose();
      await settled();
      waits.at(-1)?.call();
    }
    expect(waits.map(({ milliseconds }) => milliseconds)).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
    last().onclose();
    await settled();
    connection.renew();
    expect(sockets.length).toBe(9);
  });

  it('is made anew beside one that may be dead, which is closed and says nothing more', async () => {
    const { last, connection, sockets, output, states } = stage();
    const first = last();
    first.onopen();
    first.onmessage({ data: 'one ' });
    connection.renew();
    expect(last().cursor).toBe(4);
    first.onmessage({ data: 'two ' });
    first.onclose();
    await settled();
    last().onmessage({ data: 'two ' });
    expect(output()).toBe('one two ');
    expect(sockets.length).toBe(2);
    expect(states.at(-1)).toBe('connecting');
  });

  it('says what was written before it was there', () => {
    const { last, replayed } = stage();
    last().onmessage({ data: 'before' });
    last().onmessage({ data: frame('{"cursor":6}') });
    last().onmessage({ data: 'now' });
    expect(replayed).toEqual(['before']);
  });

  it('says whether it sent', () => {
    const { connection, last } = stage();
    expect(connection.send('a')).toBe(false);
    last().readyState = 1;
    expect(connection.send('b')).toBe(true);
    expect(last().sent).toEqual(['b']);
  });
});
