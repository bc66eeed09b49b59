/**
 * The connection to one of opencode's terminals. It is made again when it is lost, and goes on after what has arrived:
 * opencode counts what the terminal wrote, and sends what came after the count that it is asked for (measured with
 * opencode: text frames are the terminal's output, a binary frame of a zero byte and JSON tells the count).
 */

/** What a connection needs of a WebSocket. */
export type Socket = Pick<
  WebSocket,
  'send' | 'close' | 'binaryType' | 'onopen' | 'onclose' | 'onmessage' | 'readyState'
>;

export type ConnectionState = 'connecting' | 'open' | 'lost' | 'ended';

export interface ConnectionOptions {
  /** Opens a socket that begins after so many characters. */
  open: (cursor: number) => Socket;
  /** `isReplayed`: it was written before this connection was there. */
  onOutput: (text: string, isReplayed: boolean) => void;
  onState: (state: ConnectionState) => void;
  /** Whether the terminal is still there, asked when the connection was lost. */
  isAlive: () => Promise<boolean>;
  /** Calls back after so many milliseconds; answers what takes it back. */
  later: (call: () => void, milliseconds: number) => () => void;
}

/** Waits between two attempts, in milliseconds. */
const firstWait = 250;
const longestWait = 5_000;

export class Connection {
  private socket: Socket | null = null;
  private cursor = 0;
  /** Whether what comes is what was written before: until the count that ends it. */
  private isReplaying = false;
  private wait = firstWait;
  private cancel: () => void = () => undefined;
  private isClosed = false;

  constructor(private readonly options: ConnectionOptions) {
    this.connect();
  }

  /** What is typed while there is no connection is not kept: nobody would know what it meets then. */
  send(text: string): boolean {
    if (this.socket?.readyState !== 1) return false;
    this.socket.send(text);
    return true;
  }

  /**
   * Connects anew, now: the network is another, or the page is looked at again. A connection that looks open may be dead
   * without a word, and a new one goes on where the old one was.
   */
  renew(): void {
    if (this.isClosed) return;
    this.wait = firstWait;
    this.cancel();
    const old = this.socket;
    this.connect();
    old?.close();
  }

  close(): void {
    this.isClosed = true;
    this.cancel();
    this.socket?.close();
  }

  private connect(): void {
    this.options.onState('connecting');
    const socket = this.options.open(this.cursor);
    this.socket = socket;
    this.isReplaying = true;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.wait = firstWait;
      if (!this.isClosed) this.options.onState('open');
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (socket !== this.socket || this.isClosed) return;
      if (typeof data === 'string') {
        this.cursor += data.length;
        this.options.onOutput(data, this.isReplaying);
      } else if (data instanceof ArrayBuffer) {
        this.isReplaying = false;
        this.cursor = readCursor(data) ?? this.cursor;
      }
    };
    socket.onclose = () => {
      if (socket !== this.socket || this.isClosed) return;
      this.socket = null;
      void this.afterLoss();
    };
  }

  private async afterLoss(): Promise<void> {
    // Not known is not gone: a server that cannot be asked is asked again.
    const isAlive = await this.options.isAlive().catch(() => true);
    // It was connected anew meanwhile.
    if (this.isClosed || this.socket !== null) return;
    if (!isAlive) {
      this.isClosed = true;
      this.options.onState('ended');
      return;
    }
    this.options.onState('lost');
    this.cancel = this.options.later(() => this.connect(), this.wait);
    this.wait = Math.min(this.wait * 2, longestWait);
  }
}

/** The count in a binary frame; null where it says something else. */
export function readCursor(frame: ArrayBuffer): number | null {
  const bytes = new Uint8Array(frame);
  if (bytes[0] !== 0) return null;
  try {
    const said: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(1)));
    const isCount = typeof said === 'object' && said !== null && 'cursor' in said;
    return isCount && typeof said.cursor === 'number' ? said.cursor : null;
  } catch {
    return null;
  }
}
