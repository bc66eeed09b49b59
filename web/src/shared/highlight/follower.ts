/** Colours a text that may grow with every frame: one question at a time, always about its newest version. No React. */
import type { Coloured } from './asker';
import type { Language } from './language';

type Ask = (language: Language, text: string) => Promise<Coloured | null>;

export interface Follower {
  update(language: Language, text: string): void;
  stop(): void;
}

/** `pause` is the least time between two questions, in milliseconds. */
export function createFollower(ask: Ask, onColours: (lines: Coloured) => void, pause: number): Follower {
  let wanted: { language: Language; text: string } | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let isAsking = false;
  let isStopped = false;
  let next = 0;

  function schedule(): void {
    if (isStopped || isAsking || timer !== null || wanted === null) return;
    timer = setTimeout(run, Math.max(0, next - Date.now()));
  }

  async function run(): Promise<void> {
    timer = null;
    if (wanted === null) return;
    const { language, text } = wanted;
    wanted = null;
    isAsking = true;
    next = Date.now() + pause;
    const lines = await ask(language, text);
    isAsking = false;
    if (isStopped) return;
    if (lines) onColours(lines);
    schedule();
  }

  return {
    update(language, text) {
      wanted = { language, text };
      schedule();
    },
    stop() {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
