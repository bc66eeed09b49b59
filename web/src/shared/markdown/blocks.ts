/**
 * Markdown as tokens, cheap enough to be asked for once a frame while a text grows: everything but the
 * last blocks stays as it was, so only the end is read again.
 */
import { lexer, type Token } from 'marked';

export interface Parsed {
  text: string;
  tokens: readonly Token[];
}

/** Blocks at the end that the next piece of text may still change. */
const unsettled = 2;

export function parseMarkdown(text: string, previous?: Parsed): Parsed {
  if (!previous || !text.startsWith(previous.text)) return { text, tokens: lexer(text) };
  if (text === previous.text) return previous;
  const settled = previous.tokens.slice(0, Math.max(0, previous.tokens.length - unsettled));
  const length = settled.reduce((sum, token) => sum + token.raw.length, 0);
  // The lexer may change white space at the ends; then the offsets say nothing, and all is read anew.
  if (!text.startsWith(settled.map((token) => token.raw).join(''))) return { text, tokens: lexer(text) };
  return { text, tokens: [...settled, ...lexer(text.slice(length))] };
}

/** A link's address if it is one that may be followed; null for `javascript:` and the like. */
export function safeAddress(href: string): string | null {
  try {
    const url = new URL(href);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? href : null;
  } catch {
    return null;
  }
}
