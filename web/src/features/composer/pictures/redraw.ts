/** Draws a picture anew, upright and no larger than is of use. The same in a worker and in the page. */
import { hasTransparency, isDrawing, type Size, sizeToSend, smallEnough } from './geometry';

/** What can be drawn on: a canvas of the page, or one without a page. */
export interface Surface {
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;
  encode(mime: string, quality?: number): Promise<Blob>;
}

export type SurfaceOf = (size: Size) => Surface;

const quality = 0.85;

/** A photo becomes a JPEG. A drawing stays one, unless it is opaque and too large as such. */
export async function redraw(
  picture: CanvasImageSource,
  natural: Size,
  mime: string,
  surfaceOf: SurfaceOf,
): Promise<Blob> {
  const size = sizeToSend(natural);
  const { context, encode } = surfaceOf(size);
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, size.width, size.height);
  if (isDrawing(mime)) {
    const drawing = await encode('image/png');
    const pixels = () => context.getImageData(0, 0, size.width, size.height).data;
    if (drawing.size <= smallEnough || hasTransparency(pixels())) return drawing;
  }
  return encode('image/jpeg', quality);
}
