/** What a file in a conversation is, and whether its content is to be had. Pure. */
import type { FilePart } from '@/shared/api/opencode';

export type FileKind =
  /** Something that the page can show. */
  | { type: 'picture'; address: string }
  /** Something that can be opened or saved. */
  | { type: 'download'; address: string }
  /** Something that is only named: a file of the working copy that was mentioned. */
  | { type: 'name' };

const pictures = /^image\/(?:png|jpeg|gif|webp|avif|bmp)$/;

export function kindOfFile({ mime, url }: Pick<FilePart, 'mime' | 'url'>): FileKind {
  const isData = url.startsWith('data:');
  if (!isData && !url.startsWith('/admin/')) return { type: 'name' };
  // What the URL itself says counts: the browser goes by it.
  const type = isData ? (/^data:([^;,]*)/.exec(url)?.[1] ?? '') : mime;
  return { type: pictures.test(type) ? 'picture' : 'download', address: url };
}

export function nameOfFile({
  filename,
  mime,
  source,
}: Pick<FilePart, 'filename' | 'mime' | 'source'>): string {
  if (filename !== undefined && filename !== '') return filename;
  return source && 'path' in source && source.path !== '' ? source.path : mime;
}

/** Of a `data:` URL how many bytes it holds; null where the address does not tell. */
export function sizeOfFile(url: string): number | null {
  const content = /^data:[^,]*;base64,(.*)$/s.exec(url)?.[1];
  if (content === undefined) return null;
  const padding = /=*$/.exec(content)?.[0].length ?? 0;
  return Math.floor((content.length * 3) / 4) - padding;
}
