/**
 * Markdown as tokens, cheap enough to be asked for once a frame while a text grows: everything but the
 * last blocks stays as it was, so only the end is read again.
 */
import { Lexer, type Links, type Token, Tokenizer } from 'marked';
import { mend } from './mend';

export interface Parsed {
  text: string;
  isGrowing: boolean;
  tokens: readonly Token[];
}

/** Blocks at the end that the next piece of text may still change. */
const unsettled = 2;

class ChatTokenizer extends Tokenizer {
  /** A line of dashes below a paragraph is a rule, and does not make what was read already a heading. */
  override lheading(): undefined {
    return undefined;
  }
}

function lex(text: string, links: Links): Token[] {
  const lexer = new Lexer({ gfm: true, tokenizer: new ChatTokenizer() });
  // Addresses that were defined in what is not read again.
  Object.assign(lexer.tokens.links, links);
  return lexer.lex(text);
}

/** Of a text that still grows, what can be shown already. */
export function parseMarkdown(text: string, isGrowing = false, previous?: Parsed): Parsed {
  if (previous && text === previous.text && isGrowing === previous.isGrowing) return previous;
  const settled = previous?.tokens.slice(0, -unsettled) ?? [];
  const source = settled.map((token) => token.raw).join('');
  // The lexer may change white space; then the offsets say nothing, and all is read anew.
  const kept = source !== '' && text.startsWith(source) ? settled : [];
  const rest = kept.length === 0 ? text : text.slice(source.length);
  return { text, isGrowing, tokens: [...kept, ...lex(isGrowing ? mend(rest) : rest, linksOf(kept))] };
}

function linksOf(tokens: readonly Token[]): Links {
  const links: Links = {};
  for (const token of tokens) {
    if (token.type === 'def') links[token.tag] ??= { href: token.href, title: token.title };
  }
  return links;
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
