/** How a picture is made smaller before it is sent. Pure. */

export interface Size {
  width: number;
  height: number;
}

/** Models look at no more than this, in pixels along the longer edge. */
export const longestEdge = 1568;
/** A drawing that is not larger stays as it is: its text stays sharp. In bytes. */
export const smallEnough = 1_000_000;

/** The size at which a picture is sent: its proportions, no edge longer than `most`, none shorter than a pixel. */
export function sizeToSend({ width, height }: Size, most: number = longestEdge): Size {
  const scale = Math.min(1, most / Math.max(width, height));
  const edge = (length: number) => Math.max(1, Math.round(length * scale));
  return { width: edge(width), height: edge(height) };
}

/** Types whose pictures can be drawings, with sharp edges and transparency. */
const drawings: ReadonlySet<string> = new Set(['image/png', 'image/webp', 'image/gif']);

export function isDrawing(mime: string): boolean {
  return drawings.has(mime);
}

/** Whether a picture can be sent as it is. A photo never is: it tells where it was taken, and may lie on its side. */
export function isFine(mime: string, bytes: number, size: Size): boolean {
  return isDrawing(mime) && bytes <= smallEnough && Math.max(size.width, size.height) <= longestEdge;
}

/** Whether any pixel (four bytes each, the last its opacity) lets the ground be seen. */
export function hasTransparency(pixels: Uint8ClampedArray): boolean {
  for (let index = 3; index < pixels.length; index += 4) if (pixels[index] !== 255) return true;
  return false;
}

const endings: Readonly<Record<string, string>> = { 'image/jpeg': 'jpg', 'image/png': 'png' };

/** The name with the ending of what it has become. */
export function renamed(filename: string, mime: string): string {
  const ending = endings[mime];
  const stem = filename.replace(/\.[^.]*$/, '') || 'picture';
  return ending === undefined ? filename : `${stem}.${ending}`;
}
