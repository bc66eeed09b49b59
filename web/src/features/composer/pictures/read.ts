/** Makes what was picked, pasted or dropped into what can be sent. */
import type { FileContent } from '@/shared/files';
import { renamed } from './geometry';
import { smallerInPage } from './inPage';
import type { Answer } from './worker';

/** A worker that has not answered by then does not, in milliseconds. */
const patience = 20_000;

/** Asks the worker; null when it cannot read it, or cannot be. */
function smallerInWorker(file: Blob): Promise<Answer> {
  if (!('OffscreenCanvas' in globalThis) || !('Worker' in globalThis)) return Promise.resolve(null);
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  return new Promise<Answer>((resolve) => {
    worker.onmessage = (event: MessageEvent<Answer>) => resolve(event.data);
    worker.onerror = () => resolve(null);
    setTimeout(resolve, patience, null);
    worker.postMessage(file);
  }).finally(() => worker.terminate());
}

/** Rejects with a sentence when it is nothing that a model could take. */
export async function readFile(file: File): Promise<FileContent> {
  const filename = file.name || 'picture';
  if (isTakenAsItIs(file.type)) return { mime: file.type, filename, bytes: await file.arrayBuffer() };
  const isHeic = /hei[cf]/i.test(file.type) || /\.hei[cf]$/i.test(filename);
  if (!isHeic && !file.type.startsWith('image/')) {
    throw new Error(`${filename} is no picture, PDF or text: it cannot be sent.`);
  }
  try {
    const picture = (await smallerInWorker(file)) ?? (await smallerInPage(file));
    return {
      mime: picture.type,
      filename: renamed(filename, picture.type),
      bytes: await picture.arrayBuffer(),
    };
  } catch (cause) {
    throw new Error(isHeic ? heic(filename) : `${filename} cannot be read as a picture.`, { cause });
  }
}

function isTakenAsItIs(mime: string): boolean {
  return (
    mime === 'application/pdf' || mime === 'text/plain' || mime === 'text/markdown' || mime === 'text/csv'
  );
}

function heic(filename: string): string {
  return `${filename} is a HEIC photo, which this browser cannot read. Send it as JPEG: in the iPhone’s settings choose Camera, Formats, Most Compatible.`;
}
