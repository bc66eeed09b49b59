/** When something was said. Pure but for the reader's own clock and language. */

/** "14:03". */
export function clock(time: number): string {
  return new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

/** The day that begins with a message, in words; null where the message before it is of the same day. */
export function dayMark(time: number, previous: number | null, now: number): string | null {
  const date = new Date(time);
  if (previous !== null && new Date(previous).toDateString() === date.toDateString()) return null;
  if (new Date(now).toDateString() === date.toDateString()) return 'Today';
  if (daysBefore(now, 1).toDateString() === date.toDateString()) return 'Yesterday';
  const year = date.getFullYear() === new Date(now).getFullYear() ? {} : { year: 'numeric' as const };
  return date.toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long', ...year });
}

/** By the calendar: a day may have 23 or 25 hours. */
function daysBefore(time: number, days: number): Date {
  const date = new Date(time);
  date.setDate(date.getDate() - days);
  return date;
}
