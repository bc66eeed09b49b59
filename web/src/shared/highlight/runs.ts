/** Coloured text: lines of runs, as highlight.js's answer tells them. Pure. */

/** What a run is, named as in opencode's themes: `--syntax-…` in `shared/theme.css` has their colours. */
export type Kind =
  | 'comment'
  | 'keyword'
  | 'function'
  | 'variable'
  | 'string'
  | 'number'
  | 'type'
  | 'operator'
  | 'punctuation'
  | 'added'
  | 'deleted';

export interface Run {
  text: string;
  /** Null: as the text around it. */
  kind: Kind | null;
}

/** One line, without its end. */
export type ColouredLine = readonly Run[];

const kinds: Record<string, Kind> = {
  comment: 'comment',
  quote: 'comment',
  doctag: 'comment',
  keyword: 'keyword',
  meta: 'keyword',
  section: 'keyword',
  tag: 'keyword',
  name: 'keyword',
  'selector-tag': 'keyword',
  title: 'function',
  built_in: 'type',
  type: 'type',
  class: 'type',
  'selector-class': 'type',
  'selector-id': 'type',
  string: 'string',
  regexp: 'string',
  char: 'string',
  link: 'string',
  code: 'string',
  symbol: 'number',
  number: 'number',
  literal: 'number',
  bullet: 'number',
  attr: 'variable',
  attribute: 'variable',
  property: 'variable',
  variable: 'variable',
  'template-variable': 'variable',
  'selector-attr': 'variable',
  'selector-pseudo': 'variable',
  operator: 'operator',
  punctuation: 'punctuation',
  addition: 'added',
  deletion: 'deleted',
};

/** The kind of highlight.js's classes, such as `hljs-title class_`. */
function kindOf(classes: string): Kind | null {
  const [first = '', second] = classes.replaceAll('hljs-', '').split(' ');
  if (first === 'title' && second === 'class_') return 'type';
  return kinds[first] ?? null;
}

const piece = /<span class="([^"]*)">|<\/span>|[^<]+/g;
const entities: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x27;': "'",
};

/** Reads what highlight.js writes, which has no other tags than these and no other entities; it is never interpreted. */
export function readRuns(markup: string): ColouredLine[] {
  const lines: Run[][] = [[]];
  const open: (Kind | null)[] = [];
  for (const [token, classes] of markup.matchAll(piece)) {
    if (classes !== undefined) open.push(kindOf(classes));
    else if (token === '</span>') open.pop();
    else {
      const text = token.replace(/&(?:amp|lt|gt|quot|#x27);/g, (entity) => entities[entity] ?? entity);
      const kind = open.at(-1) ?? null;
      text.split('\n').forEach((part, index) => {
        if (index > 0) lines.push([]);
        if (part !== '') lines.at(-1)?.push({ text: part, kind });
      });
    }
  }
  return lines;
}

export function textOf(line: ColouredLine): string {
  return line.map((run) => run.text).join('');
}
