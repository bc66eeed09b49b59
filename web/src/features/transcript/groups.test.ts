import { expect, test } from 'vitest';
import { type Group, grouped, groupSize } from './groups';

const ids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `msg_${String(from + index).padStart(5, '0')}`);

const all: readonly Group[] = [];

test('together the groups are the conversation, none larger than the size', () => {
  for (const count of [0, 1, groupSize, groupSize + 1, 5 * groupSize + 3]) {
    const groups = grouped(ids(0, count), all);
    expect(groups.flat()).toEqual(ids(0, count));
    expect(Math.max(0, ...groups.map((group) => group.length))).toBeLessThanOrEqual(groupSize);
  }
});

test('what comes before and after leaves the groups that are there as they are', () => {
  const first = grouped(ids(100, 160), all);
  const earlier = grouped(ids(40, 160), first);
  expect(earlier.flat()).toEqual(ids(40, 160));
  for (const group of first) expect(earlier).toContain(group);

  const later = grouped(ids(40, 163), earlier);
  expect(later.flat()).toEqual(ids(40, 163));
  expect(later.slice(0, earlier.length)).toEqual(earlier);
});

test('a last group that is not full grows, and only that one', () => {
  const before = grouped(ids(0, groupSize + 5), all);
  const partial = grouped(ids(0, groupSize + 6), [ids(0, groupSize), ids(groupSize, groupSize + 5)]);
  expect(partial.map((group) => group.length)).toEqual([groupSize, 6]);
  expect(before.flat()).toHaveLength(groupSize + 5);
});

test('removed messages leave their group; an empty one goes', () => {
  const before = grouped(ids(0, 60), all);
  const after = grouped(ids(0, 25), before);
  expect(after.flat()).toEqual(ids(0, 25));
  expect(after[0]).toBe(before[0]);
});

test('a message that comes in between is in its place', () => {
  const order = ids(0, 30);
  const before = grouped(
    order.filter((id) => id !== 'msg_00007'),
    all,
  );
  expect(grouped(order, before).flat()).toEqual(order);
});

test('another conversation is grouped anew', () => {
  expect(grouped(ids(500, 530), grouped(ids(0, 30), all)).flat()).toEqual(ids(500, 530));
});
