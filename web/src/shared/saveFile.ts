/** Saves what an address answers as a file on this device: had in full first, so that what fails is said. */
import { RequestError, send } from './http';

/** A file may be large, and the phone far away. */
const timeout = 600_000;

/** For so long the browser may take to read what it saves, in milliseconds. */
const kept = 60_000;

export async function saveFile(path: string, name: string): Promise<void> {
  const response = await send(path, { timeout });
  const content = await response.blob().catch((cause: unknown) => {
    throw new RequestError('The connection was cut.', 0, '', { cause });
  });
  const href = URL.createObjectURL(content);
  Object.assign(document.createElement('a'), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), kept);
}

/** A name that every device takes as a file's: words of the title with dashes between, else `instead`. Pure. */
export function fileNameOf(title: string, instead: string): string {
  const words = [...title.replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '-')].slice(0, 60).join('');
  return words.replaceAll(/^-|-$/g, '') || instead;
}
