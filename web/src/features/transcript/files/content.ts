/** The files that somebody attached to a prompt, to be attached again. */
import type { Part } from '@/shared/api/opencode';
import { bytesOf, type FileContent } from '@/shared/files';
import { send } from '@/shared/http';
import { kindOfFile, nameOfFile } from './file';

/** Rejects when one cannot be had. What was mentioned is in the text and is left out. */
export function contentsOf(parts: readonly Part[]): Promise<FileContent[]> {
  const files = parts.filter((part) => part.type === 'file');
  return Promise.all(
    files.flatMap((file) => {
      const kind = kindOfFile(file);
      const { mime } = file;
      if (kind.type === 'name') return [];
      return bytesAt(kind.address).then((bytes) => ({ mime, filename: nameOfFile(file), bytes }));
    }),
  );
}

async function bytesAt(address: string): Promise<ArrayBuffer> {
  if (address.startsWith('data:')) return bytesOf(address);
  const response = await send(address, { timeout: 60_000 });
  return response.arrayBuffer();
}
