/** Which pieces of something long are rendered: those that were near the screen once. */
import { useCallback, useState } from 'react';

const first: ReadonlySet<number> = new Set([0, 1]);

/** `show(n)` shows a piece, with its neighbours, so that they are there before the reader comes to them. */
export function usePieces(): { isShown: (piece: number) => boolean; show: (piece: number) => void } {
  const [shown, setShown] = useState(first);
  const show = useCallback((piece: number) => {
    const wanted = [piece - 1, piece, piece + 1];
    setShown((before) =>
      wanted.every((each) => before.has(each)) ? before : new Set([...before, ...wanted]),
    );
  }, []);
  return { isShown: (piece) => shown.has(piece), show };
}
