/** How a finger that moves sideways becomes the drawer's place. Pure: all in pixels and milliseconds. */

/** What begins this near to the screen's edge is the system's own gesture (back). */
const edge = 24;
/** How far a finger goes before it is said what it does. */
const slop = 10;
/** Sideways is what goes this much further across than down. */
const slope = 1.5;
/** A flick faster than this decides by its direction alone, in pixels per millisecond. */
const flick = 0.4;

export interface Point {
  x: number;
  y: number;
}

/** Whether a touch may become a swipe, by where it begins. */
export function mayBegin(x: number, screenWidth: number): boolean {
  return x >= edge && x <= screenWidth - edge;
}

/** What a finger does that went from one point to another. */
export function movement(from: Point, to: Point): 'none' | 'left' | 'right' | 'other' {
  const across = to.x - from.x;
  const down = to.y - from.y;
  if (Math.hypot(across, down) < slop) return 'none';
  if (Math.abs(across) < slope * Math.abs(down)) return 'other';
  return across > 0 ? 'right' : 'left';
}

/** Where the drawer is while the finger has gone `across`: 0 is open, −`width` is closed. */
export function placeOf(wasOpen: boolean, across: number, width: number): number {
  return Math.min(0, Math.max(-width, (wasOpen ? 0 : -width) + across));
}

/** Whether the drawer is open after the finger let go of it at `place`, at `speed` (to the right is positive). */
export function endsOpen(place: number, width: number, speed: number): boolean {
  if (Math.abs(speed) > flick) return speed > 0;
  return place > -width / 2;
}
