/** What this browser remembers. Storage may be full or forbidden: then nothing is remembered, and nothing breaks. */

const prefix = 'ocweb.';

/** Nothing is remembered any more: the page is about to end. */
let isForgotten = false;

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

/** Forgets everything, and remembers nothing more until the page is loaded anew. */
export function forgetStorage(): void {
  isForgotten = true;
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
    sessionStorage.clear();
  } catch {
    // Where storage is forbidden there is nothing to forget.
  }
}

/** Answers whether it did. */
export function remember(key: string, value: string | null): boolean {
  if (isForgotten) return true;
  try {
    if (value === null || value === '') localStorage.removeItem(prefix + key);
    else localStorage.setItem(prefix + key, value);
    return true;
  } catch {
    return false;
  }
}
