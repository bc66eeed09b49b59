/**
 * Taking back what the server has: the text is kept here before the server is asked to give it up, and until it is in
 * the box or the server has said that it goes to opencode. So nothing is lost when only the answer is.
 */
import type { FileContent } from '@/shared/files';
import { RequestError } from '@/shared/http';
import { type Item, isRefusal, type Manner } from './item';

export type Kept = Pick<Item, 'id' | 'chat' | 'text'> & { manner: Manner };

export interface TakingBackParts {
  /** What is kept, by this browser: it survives the page. */
  read(): Kept[];
  write(kept: readonly Kept[]): void;
  /** Takes a prompt back from the server, with its files; null when it is not there (any more). */
  takeBack(prompt: Kept): Promise<FileContent[] | null>;
  /** Puts the text and the files into the box. Where the server told no files, there may be some here. */
  give(prompt: Kept, files: FileContent[] | null): Promise<void>;
  /** Runs one at a time, over all tabs. */
  alone<T>(act: () => Promise<T>): Promise<T>;
}

export interface TakingBack {
  /** Rejects when it goes to opencode, and when it is not known what becomes of it. */
  begin(prompt: Kept): Promise<void>;
  /** Asks for those again of which nothing is known, where `isDue` says so. */
  resume(isDue: (prompt: Kept) => boolean): Promise<void>;
}

export function createTakingBack(parts: TakingBackParts): TakingBack {
  const underWay = new Set<string>();
  const others = (id: string) => parts.read().filter((each) => each.id !== id);

  async function ask(prompt: Kept, isWanted: () => boolean): Promise<void> {
    underWay.add(prompt.id);
    try {
      await parts.alone(async () => {
        if (!isWanted()) return;
        await parts.give(prompt, await parts.takeBack(prompt));
        parts.write(others(prompt.id));
      });
    } catch (error) {
      if (isRefusal(error)) parts.write(others(prompt.id));
      throw error;
    } finally {
      underWay.delete(prompt.id);
    }
  }

  return {
    begin(prompt) {
      parts.write([...others(prompt.id), prompt]);
      // Also where this browser keeps nothing.
      return ask(prompt, () => true);
    },
    async resume(isDue) {
      const due = parts.read().filter((prompt) => !underWay.has(prompt.id) && isDue(prompt));
      // Another tab may have been given it meanwhile.
      const isKept = ({ id }: Kept) => parts.read().some((each) => each.id === id);
      await Promise.allSettled(due.map((prompt) => ask(prompt, () => isKept(prompt))));
    },
  };
}

const asBefore: Manner = { model: null, variant: null, mode: null };

/** What is kept, as it was written. */
export function readKept(text: string | null): Kept[] {
  try {
    const kept: unknown = JSON.parse(text ?? '[]');
    // An earlier version of this page kept no manner.
    return Array.isArray(kept)
      ? (kept as Kept[]).map((each) => ({ ...each, manner: each.manner ?? asBefore }))
      : [];
  } catch {
    return [];
  }
}

/** Whether a server does not have a prompt (any more). */
export function isAbsent(error: unknown): boolean {
  return error instanceof RequestError && error.status === 404;
}
