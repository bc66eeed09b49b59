/**
 * Asks a worker one question after the other, and gives up what takes too long: some texts keep a grammar busy for
 * ever, and only ending the worker ends that. The next question gets a new one. No React.
 */
import type { Language } from './language';
import type { Answer, Question } from './messages';
import type { ColouredLine } from './runs';

export type Coloured = readonly ColouredLine[];

/** What of a worker is used. */
export type ColourWorker = Pick<Worker, 'onmessage' | 'onerror' | 'postMessage' | 'terminate'>;

/** How long a language may take to arrive, and a text to be coloured, in milliseconds. */
export const limits = { language: 30_000, text: 5_000 };
/** So many texts that took too long are remembered: what begins like one of them, as it grows, is not asked again. */
const mostHopeless = 20;

interface Waiting {
  question: Question;
  done: (lines: Coloured | null) => void;
}

/** `null` is answered where there are no colours to be had. */
export function createAsker(start: () => ColourWorker) {
  const waiting: Waiting[] = [];
  const hopeless: Omit<Question, 'id'>[] = [];
  let asked: Waiting | null = null;
  let worker: ColourWorker | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastId = 0;

  function next(): void {
    if (asked) return;
    asked = waiting.shift() ?? null;
    if (!asked) return;
    worker ??= started();
    worker.postMessage(asked.question);
    timer = setTimeout(giveUp, limits.language);
  }

  function answered(lines: Coloured | null): void {
    clearTimeout(timer);
    asked?.done(lines);
    asked = null;
    next();
  }

  function giveUp(): void {
    worker?.terminate();
    worker = null;
    answered(null);
  }

  function started(): ColourWorker {
    const begun = start();
    begun.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.id !== asked?.question.id) return;
      if (data.type === 'done') return answered(data.lines);
      const { language, text } = asked.question;
      clearTimeout(timer);
      timer = setTimeout(() => {
        hopeless.splice(0, hopeless.length - mostHopeless + 1);
        hopeless.push({ language, text });
        giveUp();
      }, limits.text);
    };
    // It could not be loaded: the text stays plain, and the next one tries again.
    begun.onerror = () => {
      if (begun === worker) giveUp();
    };
    return begun;
  }

  return function ask(language: Language, text: string): Promise<Coloured | null> {
    const isHopeless = hopeless.some((it) => it.language === language && text.startsWith(it.text));
    if (isHopeless) return Promise.resolve(null);
    return new Promise((done) => {
      lastId += 1;
      waiting.push({ question: { id: lastId, language, text }, done });
      next();
    });
  };
}
