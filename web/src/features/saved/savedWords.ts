/** Saved work in words. Pure. */
import type { SavedWork, UnreadableWork } from '@/shared/api/deleting';
import { bytes, plural } from '@/shared/format';

/** The day of a time. */
export function day(time: string): string {
  return new Date(time).toLocaleDateString([], { month: 'short', day: 'numeric' });
}

/** What it is called: its chat, else what was deleted. */
export function nameOf({ kind, title, branch, repo }: SavedWork): string {
  if (kind === 'clone') return `clone of ${repo}`;
  return title ?? branch ?? repo;
}

/** What is in it, and until when. */
export function contentsOf({ commits, files, stashes, size_bytes, until }: SavedWork): string {
  const counted = [
    commits > 0 && plural(commits, 'commit'),
    files > 0 && plural(files, 'file'),
    stashes > 0 && (stashes === 1 ? '1 stash entry' : `${stashes} stash entries`),
  ].filter((words) => words !== false);
  return [...counted, bytes(size_bytes), `until ${day(until)}`].join(' · ');
}

/** All that can be said of it. */
export function wordsOfUnreadable({ size_bytes, saved_at, until }: UnreadableWork): string {
  return `saved ${day(saved_at)}, its record cannot be read · ${bytes(size_bytes)} · until ${day(until)}`;
}
