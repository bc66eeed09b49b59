/** Zooming a picture in a box that scrolls, so that what is between the fingers stays there. Pure. */

export interface View {
  /** 1 when the whole picture fits the box. */
  scale: number;
  /** How far the box is scrolled, in pixels. */
  left: number;
  top: number;
}

interface Point {
  x: number;
  y: number;
}

const most = 8;

/** The view with another scale; `at` is a point of the box that keeps what it shows. */
export function zoomed(view: View, scale: number, at: Point): View {
  const to = Math.min(most, Math.max(1, scale));
  const factor = to / view.scale;
  return {
    scale: to,
    left: Math.max(0, (view.left + at.x) * factor - at.x),
    top: Math.max(0, (view.top + at.y) * factor - at.y),
  };
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

export function middle(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
