/** Makes pictures smaller in the page, where the browser has no canvas for workers, or reads more with an `<img>`. */
import { isFine } from './geometry';
import { redraw, type Surface } from './redraw';

function surfaceOf({ width, height }: { width: number; height: number }): Surface {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser has no canvas.');
  return {
    context,
    encode: (type, quality) =>
      new Promise((resolve, reject) =>
        canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('not encoded'))), type, quality),
      ),
  };
}

/** Rejects when it is no picture that this browser can read. */
export async function smallerInPage(file: Blob): Promise<Blob> {
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    // Upright already: an image has the size, and is drawn in the way, in which it is shown.
    const size = { width: image.naturalWidth, height: image.naturalHeight };
    if (size.width === 0) throw new Error('no size');
    return isFine(file.type, file.size, size) ? file : await redraw(image, size, file.type, surfaceOf);
  } finally {
    URL.revokeObjectURL(url);
  }
}
