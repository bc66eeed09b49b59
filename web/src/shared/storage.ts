/** What this browser remembers. Storage may be full or forbidden: then nothing is remembered, and nothing breaks. */

const prefix = 'ocweb.';

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(prefix + key);
  } catch {
    return null;
  }
}

/** The rest of every key that begins so. */
export function recallKeys(beginning: string): string[] {
  const whole = prefix + beginning;
  try {
    return Object.keys(localStorage).flatMap((key) =>
      key.startsWith(whole) ? [key.slice(whole.length)] : [],
    );
  } catch {
    return [];
  }
}

/** What was remembered as JSON; null where there is nothing, or something damaged, which is forgotten. */
export function recallJson(key: string): unknown {
  const text = recall(key);
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    remember(key, null);
    return null;
  }
}

/** A list of names; empty where nothing, or nothing of the kind, is remembered. */
export function recallList(key: string): string[] {
  const list = recallJson(key);
  return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : [];
}

/** Answers whether it did. */
export function remember(key: string, value: string | null): boolean {
  try {
    if (value === null || value === '') localStorage.removeItem(prefix + key);
    else localStorage.setItem(prefix + key, value);
    return true;
  } catch {
    return false;
  }
}
