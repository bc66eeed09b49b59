/** When something was said. Pure but for the reader's own clock and language. */

// Made once: a formatter of its own for each of thousands of messages is most of the time that showing them takes.
const ofClock = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit' });
const ofMoment = new Intl.DateTimeFormat([], { dateStyle: 'medium', timeStyle: 'medium' });
const ofDay = new Intl.DateTimeFormat([], { weekday: 'long', day: 'numeric', month: 'long' });
const ofOldDay = new Intl.DateTimeFormat([], { dateStyle: 'full' });

/** "14:03". */
export function clock(time: number): string {
  return ofClock.format(time);
}

/** The whole of it, to be looked up. */
export function wholeMoment(time: number): string {
  return ofMoment.format(time);
}

/** The day that begins with a message, in words; null where the message before it is of the same day. */
export function dayMark(time: number, previous: number | null, now: number): string | null {
  const date = new Date(time);
  if (previous !== null && new Date(previous).toDateString() === date.toDateString()) return null;
  if (new Date(now).toDateString() === date.toDateString()) return 'Today';
  if (daysBefore(now, 1).toDateString() === date.toDateString()) return 'Yesterday';
  return (date.getFullYear() === new Date(now).getFullYear() ? ofDay : ofOldDay).format(date);
}

/** By the calendar: a day may have 23 or 25 hours. */
function daysBefore(time: number, days: number): Date {
  const date = new Date(time);
  date.setDate(date.getDate() - days);
  return date;
}
