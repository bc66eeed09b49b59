/** Makes pictures smaller beside the page, which stays quick meanwhile. */
import { isFine } from './geometry';
import { redraw, type Surface } from './redraw';

/** Null where this worker cannot read it; the page may. */
export type Answer = Blob | null;

function surfaceOf({ width, height }: { width: number; height: number }): Surface {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  return { context, encode: (type, quality) => canvas.convertToBlob({ type, ...(quality && { quality }) }) };
}

async function smaller(file: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  try {
    return isFine(file.type, file.size, bitmap) ? file : await redraw(bitmap, bitmap, file.type, surfaceOf);
  } finally {
    bitmap.close();
  }
}

self.addEventListener('message', (event: MessageEvent<Blob>) => {
  void smaller(event.data)
    .catch((): Answer => null)
    .then((answer) => self.postMessage(answer));
});
