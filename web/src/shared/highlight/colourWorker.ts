/** Colours code outside of the page's thread, so that a long file holds up neither scrolling nor what streams. */
import highlighter from 'highlight.js/lib/core';
import { embedded, grammars } from './grammars';
import type { Language } from './language';
import type { Answer, Question } from './messages';
import { readRuns } from './runs';

const loading = new Map<Language, Promise<void>>();

function load(language: Language): Promise<void> {
  const known = loading.get(language);
  if (known) return known;
  const begun = (async () => {
    const grammar = await grammars[language]();
    highlighter.registerLanguage(language, grammar.default);
    await Promise.all((embedded[language] ?? []).map(load));
  })();
  loading.set(language, begun);
  // Without a network it is tried again the next time.
  begun.catch(() => loading.delete(language));
  return begun;
}

async function answer({ id, language, text }: Question): Promise<Answer> {
  try {
    await load(language);
    tell({ id, type: 'begun' });
    const { value } = highlighter.highlight(text, { language, ignoreIllegals: true });
    return { id, type: 'done', lines: readRuns(value) };
  } catch {
    return { id, type: 'done', lines: null };
  }
}

function tell(told: Answer): void {
  postMessage(told);
}

addEventListener('message', async (event: MessageEvent<Question>) => tell(await answer(event.data)));
