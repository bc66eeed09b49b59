// A bad network: a proxy between the phone and ocweb that resets connections, or swallows what is sent without
// a word (no FIN, no RST), as a phone sees it that leaves a Wi-Fi.
import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';

type Mode = 'up' | 'silent' | 'refusing';

export class Network {
  private mode: Mode = 'up';
  private pairs = new Set<{ client: Socket; server: Socket | null; dead: boolean }>();

  private constructor(
    private readonly listener: Server,
    readonly port: number,
    private readonly target: number,
  ) {
    listener.on('connection', (client) => this.accept(client));
  }

  static async to(target: number): Promise<Network> {
    const listener = createServer();
    await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
    const address = listener.address();
    if (!address || typeof address === 'string') throw new Error('no port');
    return new Network(listener, address.port, target);
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  private accept(client: Socket): void {
    client.on('error', () => client.destroy());
    if (this.mode === 'refusing') {
      client.resetAndDestroy();
      return;
    }
    const pair = { client, server: null as Socket | null, dead: this.mode === 'silent' };
    this.pairs.add(pair);
    client.on('close', () => {
      this.pairs.delete(pair);
      if (!pair.dead) pair.server?.destroy();
    });
    if (pair.dead) {
      client.resume();
      return;
    }
    const server = tcpConnect(this.target, '127.0.0.1');
    pair.server = server;
    server.on('error', () => server.destroy());
    server.on('close', () => {
      if (!pair.dead) client.destroy();
    });
    client.on('data', (data) => {
      if (!pair.dead) server.write(data);
    });
    server.on('data', (data) => {
      if (!pair.dead) client.write(data);
    });
  }

  /** Every connection is reset, and so is each that is tried until `restore`. */
  reset(): void {
    this.mode = 'refusing';
    for (const { client, server } of this.pairs) {
      client.resetAndDestroy();
      server?.destroy();
    }
  }

  /** From here on nothing that is sent arrives, in either direction, and nobody is told. */
  stall(): void {
    this.mode = 'silent';
    for (const pair of this.pairs) pair.dead = true;
  }

  /** New connections work again. What was swallowed stays swallowed. */
  restore(): void {
    this.mode = 'up';
  }

  close(): void {
    for (const { client, server } of this.pairs) {
      client.destroy();
      server?.destroy();
    }
    this.listener.close();
  }
}
