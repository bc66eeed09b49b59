/** The one event store. Components read narrow slices of it; only `dispatch` changes it. */
import { create } from 'zustand';
import type { Numbered } from './event';
import { type Action, reduce } from './reducer';
import { type EventState, emptyState } from './state';

export const useEvents = create<EventState>(() => emptyState);

export function dispatch(action: Action): void {
  useEvents.setState((state) => reduce(state, action), true);
}

let waiting: Numbered[] = [];
let scheduled = false;

/** Takes an event in; what arrives within one frame becomes one change. */
export function enqueue(event: Numbered): void {
  waiting.push(event);
  if (scheduled) return;
  scheduled = true;
  // A hidden page gets no frames, but must not fall behind for ever.
  if (document.hidden) setTimeout(flush, 250);
  else requestAnimationFrame(flush);
}

/** Brings the state up to the last event that arrived. */
export function flush(): void {
  scheduled = false;
  if (waiting.length === 0) return;
  const events = waiting;
  waiting = [];
  dispatch({ type: 'events', events });
}
