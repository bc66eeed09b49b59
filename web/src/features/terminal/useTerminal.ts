/** One of opencode's terminals, as long as it is shown: its connection, its emulator, and what is to be drawn. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { opencode, terminalAddress } from '@/shared/api/opencode';
import { RequestError } from '@/shared/http';
import { Connection, type ConnectionState } from './connection';
import { Emulator, type Screen, type Size } from './emulator';

export interface TerminalHandle {
  /** Null until something can be drawn. */
  screen: Screen | null;
  state: ConnectionState;
  send: (text: string) => void;
  resize: (size: Size) => void;
}

/** So long the size must be as it is before the program is told, in milliseconds: a keyboard slides up in many steps. */
const settles = 150;

export function useTerminal(directory: string, id: string, size: Size): TerminalHandle {
  const [screen, setScreen] = useState<Screen | null>(null);
  const [state, setState] = useState<ConnectionState>('connecting');
  const parts = useRef<{ connection: Connection; emulator: Emulator } | null>(null);
  const telling = useRef<ReturnType<typeof setTimeout>>(undefined);
  const begun = useRef(size);
  begun.current = size;

  useEffect(() => {
    const emulator = new Emulator(begun.current);
    let frame = 0;
    // However much is written, it is drawn once a frame.
    const draw = () => {
      if (frame !== 0) return;
      frame = requestAnimationFrame(() => {
        frame = 0;
        setScreen(emulator.read());
      });
    };
    const connection = new Connection({
      open: (cursor) => new WebSocket(terminalAddress(directory, id, cursor)),
      onOutput: (text, isReplayed) => {
        // What a program asked the terminal long ago has been answered; now another would get the answer.
        if (isReplayed) emulator.write(text, draw);
        else emulator.write(text, draw, (answer) => void connection.send(answer));
      },
      onState: setState,
      isAlive: () => isAlive(directory, id),
      later: (call, milliseconds) => {
        const timer = setTimeout(call, milliseconds);
        return () => clearTimeout(timer);
      },
    });
    parts.current = { connection, emulator };
    const renew = () => {
      if (document.visibilityState === 'visible') connection.renew();
    };
    addEventListener('online', renew);
    document.addEventListener('visibilitychange', renew);
    void opencode.resizeTerminal(directory, id, begun.current).catch(() => undefined);
    return () => {
      removeEventListener('online', renew);
      document.removeEventListener('visibilitychange', renew);
      cancelAnimationFrame(frame);
      clearTimeout(telling.current);
      connection.close();
      emulator.close();
      parts.current = null;
      setScreen(null);
    };
  }, [directory, id]);

  const send = useCallback((text: string) => void parts.current?.connection.send(text), []);
  const resize = useCallback(
    (now: Size) => {
      clearTimeout(telling.current);
      telling.current = setTimeout(() => {
        const emulator = parts.current?.emulator;
        if (!emulator) return;
        emulator.resize(now);
        setScreen(emulator.read());
        // It is only the size: a program that was not told draws a little wrong until the next time.
        void opencode.resizeTerminal(directory, id, now).catch(() => undefined);
      }, settles);
    },
    [directory, id],
  );
  return { screen, state, send, resize };
}

async function isAlive(directory: string, id: string): Promise<boolean> {
  try {
    return (await opencode.terminal(directory, id)).status === 'running';
  } catch (error) {
    if (error instanceof RequestError && error.status === 404) return false;
    throw error;
  }
}
