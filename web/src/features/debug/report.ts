/** The debug report as text: what a person can read, and copy into a message. */
import { diagnostics, type Note } from '@/shared/diagnostics';

export interface Section {
  title: string;
  lines: readonly string[];
}

/** `14:02:07.123 text`, in the reader's own time. */
export function lineOf({ at, text }: Note): string {
  const time = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
  return `${clock}.${String(time.getMilliseconds()).padStart(3, '0')} ${text}`;
}

/** Notes as lines, the latest first; those that say the same one after the other as one with their number. */
export function linesOf(notes: readonly Note[]): string[] {
  const lines: { line: string; text: string; times: number }[] = [];
  for (const note of notes.toReversed()) {
    const last = lines.at(-1);
    const text = note.text.replace(/^\d+ /, '');
    if (last?.text === text) last.times += 1;
    else lines.push({ line: lineOf(note), text, times: 1 });
  }
  return lines.map(({ line, times }) => (times === 1 ? line : `${line} ×${times}`));
}

/** What was noted lately, by kind. */
export function noted(): Section[] {
  const kinds = ['connection', 'errors', 'requests', 'events'] as const;
  return kinds.map((kind) => ({ title: kind, lines: linesOf(diagnostics[kind].all()) }));
}

export function reportOf(sections: readonly Section[]): string {
  return sections
    .map(({ title, lines }) => [`## ${title}`, ...(lines.length === 0 ? ['(none)'] : lines)].join('\n'))
    .join('\n\n');
}
