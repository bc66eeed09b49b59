// A device that is subscribed to Web Push: its push service, and the keys that open what is sent (RFC 8291).
import { createDecipheriv, createECDH, type ECDH, hkdfSync, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the page's service worker is given. */
export interface Pushed {
  title: string;
  body: string;
  tag: string;
  url: string;
  badge: number;
  actions: { action: string; title: string; capability: string }[];
}

export class PushDevice {
  /** What arrived, opened, the oldest first. */
  readonly pushed: Pushed[] = [];
  /** When each came, in milliseconds since 1970. */
  readonly pushedAt: number[] = [];
  private readonly auth = randomBytes(16);

  private constructor(
    private readonly server: Server,
    private readonly keys: ECDH,
  ) {}

  static async start(): Promise<PushDevice> {
    const keys = createECDH('prime256v1');
    keys.generateKeys();
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const device = new PushDevice(server, keys);
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      device.pushedAt.push(Date.now());
      device.pushed.push(JSON.parse(device.open(Buffer.concat(chunks))) as Pushed);
      response.writeHead(201).end();
    });
    return device;
  }

  /** As a browser describes it to the server. */
  get subscription() {
    const { port } = this.server.address() as AddressInfo;
    return {
      endpoint: `http://127.0.0.1:${port}/push/1`,
      keys: { p256dh: this.keys.getPublicKey('base64url'), auth: this.auth.toString('base64url') },
      device: 'Test on nothing',
    };
  }

  /** Decrypts one record of `aes128gcm`: salt, record size, the sender's key, then the text with its tag. */
  private open(body: Buffer): string {
    const salt = body.subarray(0, 16);
    const keyEnd = 21 + body.readUInt8(20);
    const sender = body.subarray(21, keyEnd);
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.keys.getPublicKey(), sender]);
    const secret = derive(this.keys.computeSecret(sender), this.auth, info, 32);
    const key = derive(secret, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
    const nonce = derive(secret, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
    const decipher = createDecipheriv('aes-128-gcm', key, nonce);
    decipher.setAuthTag(body.subarray(-16));
    const text = Buffer.concat([decipher.update(body.subarray(keyEnd, -16)), decipher.final()]);
    // Padding: a 2 and then zeros.
    return text.subarray(0, text.lastIndexOf(2)).toString();
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

function derive(secret: Buffer, salt: Buffer, info: Buffer, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, length));
}
