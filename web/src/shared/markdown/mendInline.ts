/** The inline half of `mend`: links, code and emphasis of which the end is still to come. Pure. */

/** Something longer is taken for what it looks like, in characters: no text is held back for ever. */
const longestHeld = 240;

/** An opened emphasis. */
interface Opened {
  mark: string;
  count: number;
  begin: number;
  end: number;
}

/** A paragraph's text as it can be shown already. */
export function mendInline(text: string): string {
  const opened: Opened[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    switch (text[at]) {
      case '\\':
        if (rest.length === 1) return finish(text.slice(0, at), opened);
        at += 2;
        break;
      case '`': {
        const ticks = /^`+/.exec(rest)?.[0] ?? '`';
        const length = codeLength(rest, ticks);
        if (length === null) return finish(text.slice(0, at) + closedCode(rest, ticks), opened);
        at += length;
        break;
      }
      case '<':
        if (/^<[a-z/!]?[^\s>]*$/i.test(rest) && rest.length < longestHeld) {
          return finish(text.slice(0, at), opened);
        }
        at += 1;
        break;
      case '&':
        if (/^&#?\w{0,8}$/.test(rest)) return finish(text.slice(0, at), opened);
        at += 1;
        break;
      case '!':
        // Of a picture; after a word it is what it seems to be.
        if (rest.length === 1 && isSpace(text[at - 1])) return finish(text.slice(0, at), opened);
        at += 1;
        break;
      case '[': {
        const link = readLink(rest, at === 0);
        if (link.type === 'complete') at += link.length;
        else {
          const begin = text[at - 1] === '!' ? at - 1 : at;
          const shown = link.type === 'held' ? '' : `[${link.label}]()`;
          return finish(text.slice(0, begin) + shown, opened);
        }
        break;
      }
      case '*':
      case '_':
      case '~': {
        const marks = /^(?:\*+|_+|~+)/.exec(rest)?.[0] ?? '*';
        if (marks.length === rest.length) return finish(text.slice(0, at), opened);
        emphasise(text, at, marks, opened);
        at += marks.length;
        break;
      }
      default:
        at += 1;
    }
  }
  return finish(text, opened);
}

/** How long the piece of code is that begins here; null while it is open. */
function codeLength(text: string, ticks: string): number | null {
  for (const found of text.slice(ticks.length).matchAll(/`+/g)) {
    const end = ticks.length + found.index + found[0].length;
    if (found[0].length === ticks.length) return end;
  }
  return null;
}

function closedCode(text: string, ticks: string): string {
  const code = text.slice(ticks.length).replace(/`+$/, '');
  return code.trim() === '' ? '' : ticks + code + ticks;
}

type FoundLink =
  /** A link, or what is known to be none. */
  | { type: 'complete'; length: number }
  /** Its label is there, its address grows. */
  | { type: 'label'; label: string }
  /** It may be a link. */
  | { type: 'held' };

function readLink(text: string, isFirst: boolean): FoundLink {
  const held: FoundLink = text.length < longestHeld ? { type: 'held' } : { type: 'complete', length: 1 };
  const end = closing(text, '[', ']');
  if (end === null) return held;
  const next = text[end + 1];
  if (next === undefined) return held;
  const after = text.slice(end + 1);
  if (next === '(') {
    const length = closing(after, '(', ')');
    if (length !== null) return { type: 'complete', length: end + 1 + length + 1 };
    return /\n|^\(\s/.test(after) || after.length > 2_000
      ? { type: 'complete', length: 1 }
      : { type: 'label', label: text.slice(1, end) };
  }
  if (next === '[' && closing(after, '[', ']') === null) return held;
  // A definition of an address for other links: it is not shown at all.
  if (next === ':' && isFirst && /^:\s*\S*$/.test(after)) return held;
  return { type: 'complete', length: 1 };
}

/** Where what is opened by the first character is closed; null when it is not. */
function closing(text: string, open: string, close: string): number | null {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === open) depth += 1;
    else if (text[at] === close) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return null;
}

const isSpace = (letter: string | undefined) => letter === undefined || /\s/.test(letter);
const isPunctuation = (letter: string | undefined) => letter !== undefined && /[\p{P}\p{S}]/u.test(letter);

/** Opens or closes emphasis, by CommonMark's rules. */
function emphasise(text: string, at: number, marks: string, opened: Opened[]): void {
  const mark = marks.charAt(0);
  const before = text[at - 1];
  const after = text[at + marks.length];
  const left = !isSpace(after) && (!isPunctuation(after) || isSpace(before) || isPunctuation(before));
  const right = !isSpace(before) && (!isPunctuation(before) || isSpace(after) || isPunctuation(after));
  const canOpen = mark === '_' ? left && (!right || isPunctuation(before)) : left;
  const canClose = mark === '_' ? right && (!left || isPunctuation(after)) : right;
  let rest = marks.length;
  if (canClose) {
    for (let index = opened.length - 1; index >= 0 && rest > 0; index -= 1) {
      const entry = opened[index];
      if (entry?.mark !== mark) continue;
      const used = Math.min(rest, entry.count);
      entry.count -= used;
      rest -= used;
      opened.length = entry.count === 0 ? index : index + 1;
    }
  }
  // "~5" is about five, and nothing crossed out.
  if (rest > 0 && canOpen && (mark !== '~' || rest > 1)) {
    opened.push({ mark, count: rest, begin: at, end: at + marks.length });
  }
}

/** Closes what is open; what was opened and has nothing in it yet waits. */
function finish(text: string, opened: readonly Opened[]): string {
  let shown = text;
  let closers = '';
  for (const { mark, count, begin, end } of opened.toReversed()) {
    if (closers === '' && shown.trimEnd().length <= end) shown = shown.slice(0, begin);
    else closers += mark.repeat(count);
  }
  return closers === '' ? shown : shown.trimEnd() + closers;
}
