/** Files that go with a prompt, and their content as `data:` URLs, in which it travels. */

export interface FileName {
  mime: string;
  filename: string;
}

/** Its bytes are no `Blob`: browsers have lost the content of those that they kept. */
export interface FileContent extends FileName {
  bytes: ArrayBuffer;
}

export function toDataUrl({ mime, bytes }: { mime: string; bytes: ArrayBuffer }): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([bytes], { type: mime }));
  });
}

/** The content of a URL in base64. (A request for it would need the content policy's leave.) */
export function bytesOf(url: string): ArrayBuffer {
  const text = atob(url.slice(url.indexOf(',') + 1));
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  return bytes.buffer;
}
