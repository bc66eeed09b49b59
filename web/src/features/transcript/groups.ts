/**
 * A long conversation in groups of messages. The browser lays out and paints only the groups near to what is looked at
 * (`content-visibility`), and a group is compared and rendered as one; so what is far away costs nothing. Pure.
 */

/** Message ids, oldest first. */
export type Group = readonly string[];

export const groupSize = 20;

/**
 * The groups of a conversation: together they are `order`. Those that were there stay the same while messages come
 * before and after them, so that nothing is rendered again.
 */
export function grouped(order: readonly string[], previous: readonly Group[]): readonly Group[] {
  const present = new Set(order);
  const kept = previous.map((group) => remaining(group, present)).filter((group) => group.length > 0);
  const first = kept[0]?.[0];
  if (first === undefined) return fromEnd(order);
  const begin = order.indexOf(first);
  const length = kept.reduce((sum, group) => sum + group.length, 0);
  const last = kept.at(-1) ?? [];
  // The last one is filled up before another begins.
  const room = Math.max(0, groupSize - last.length);
  const after = order.slice(begin + length);
  const grown = room > 0 && after.length > 0 ? [...last, ...after.slice(0, room)] : last;
  const groups = [
    ...fromEnd(order.slice(0, begin)),
    ...kept.slice(0, -1),
    grown,
    ...fromBeginning(after.slice(room)),
  ];
  // One that came in between: rare, as messages are in the order of time.
  return isSame(groups, order) ? groups : fromEnd(order);
}

function remaining(group: Group, present: ReadonlySet<string>): Group {
  return group.every((id) => present.has(id)) ? group : group.filter((id) => present.has(id));
}

function fromBeginning(ids: readonly string[]): Group[] {
  const groups: Group[] = [];
  for (let at = 0; at < ids.length; at += groupSize) groups.push(ids.slice(at, at + groupSize));
  return groups;
}

/** The first may be smaller: more is to come before it than after it. */
function fromEnd(ids: readonly string[]): Group[] {
  const first = ids.length % groupSize;
  return [...(first > 0 ? [ids.slice(0, first)] : []), ...fromBeginning(ids.slice(first))];
}

function isSame(groups: readonly Group[], order: readonly string[]): boolean {
  const ids = groups.flat();
  return ids.length === order.length && ids.every((id, index) => id === order[index]);
}
