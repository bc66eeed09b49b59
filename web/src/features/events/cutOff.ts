/** Which answers were cut off (opencode died in the middle of them). It says so nowhere itself. */
import { type EventState, isRunning } from './state';

/**
 * Whether an answer that has no end will never get one: nothing runs in its session, or the session went on
 * to a later answer. Unknown counts as no: the statuses must have been asked for on this connection.
 */
export function isCutOff(state: EventState, session: string, directory: string, message: string): boolean {
  const transcript = state.transcripts[session];
  const info = transcript?.entries[message]?.info;
  if (!transcript?.loaded || info?.role !== 'assistant') return false;
  if (info.time.completed !== undefined || info.error !== undefined || !state.surveyed[directory])
    return false;
  if (!isRunning(state, session)) return true;
  const after = transcript.order.slice(transcript.order.indexOf(message) + 1);
  return after.some((id) => transcript.entries[id]?.info.role === 'assistant');
}
