/** What the last deletion saved, for as long as it is offered to be undone. */
import { create } from 'zustand';
import type { SavedWork } from './api/deleting';

export const useJustSaved = create<{ works: readonly SavedWork[] }>(() => ({ works: [] }));

/** Offers it. A deletion that saved nothing takes the place of the one before: "undo" is about the last. */
export function noteSaved(works: readonly SavedWork[]): void {
  useJustSaved.setState({ works });
}
