/** Finding names by some of their letters, the best first. Pure. */

/** How well a name fits what was typed; null when it does not. Higher is better. */
export function score(query: string, name: string): number | null {
  const wanted = query.toLowerCase();
  const text = name.toLowerCase();
  if (wanted === '') return 0;
  if (text === wanted) return 1_000;
  if (text.startsWith(wanted)) return 800 - text.length;
  const at = text.indexOf(wanted);
  if (at >= 0) return (isBoundary(text, at) ? 600 : 400) - at - text.length / 100;
  return scattered(wanted, text);
}

function isBoundary(text: string, index: number): boolean {
  return index === 0 || /[^a-z0-9]/.test(text[index - 1] ?? '');
}

/** The letters in their order, with others between them: beginnings of words count, gaps cost. */
function scattered(wanted: string, text: string): number | null {
  let points = 100;
  let last = -1;
  for (const letter of wanted) {
    const index = text.indexOf(letter, last + 1);
    if (index < 0) return null;
    points += isBoundary(text, index) ? 8 : 0;
    points -= last < 0 ? index / 4 : index - last - 1;
    last = index;
  }
  return points - text.length / 100;
}

/** What fits, the best first; what fits equally well stays in its order. */
export function rank<T>(query: string, items: readonly T[], nameOf: (item: T) => string, most = 50): T[] {
  return items
    .map((item) => ({ item, points: score(query, nameOf(item)) }))
    .filter((each): each is { item: T; points: number } => each.points !== null)
    .sort((a, b) => b.points - a.points)
    .slice(0, most)
    .map(({ item }) => item);
}
