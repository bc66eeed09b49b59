/** Tools that only look, each in one line. Pure. */
import type { ToolPart } from '@/shared/api/opencode';
import { relativePath } from '@/shared/format';
import { input, inputOf, metadata } from './tool';

/** Signs as in opencode's terminal. */
const signs: Record<string, string> = {
  read: '→',
  list: '→',
  skill: '→',
  lsp: '→',
  grep: '✱',
  glob: '✱',
  webfetch: '%',
  websearch: '◈',
  codesearch: '◇',
};

export function isLookup(tool: string): boolean {
  return Object.hasOwn(signs, tool);
}

export function signOf(tool: string): string {
  return signs[tool] ?? '⚙';
}

export function lookupLine(part: ToolPart, directory: string): string {
  const meta = metadata(part);
  const found = (count: unknown) => (typeof count === 'number' ? ` (${count})` : '');
  const below = () => {
    const path = relativePath(input(part, 'path'), directory);
    return path === '' || path === directory ? '' : ` in ${path}`;
  };
  switch (part.tool) {
    case 'read': {
      const { offset, limit } = inputOf(part);
      const range = typeof offset === 'number' ? ` from line ${offset}` : '';
      const most = typeof limit === 'number' ? `, ${limit} lines` : '';
      return `Read ${relativePath(input(part, 'filePath'), directory)}${range}${most}`;
    }
    case 'list':
      return `List ${relativePath(input(part, 'path'), directory) || '.'}`;
    case 'grep':
      return `Grep "${input(part, 'pattern')}"${below()}${found(meta.matches)}`;
    case 'glob':
      return `Glob ${input(part, 'pattern')}${below()}${found(meta.count)}`;
    case 'webfetch':
      return `Fetch ${input(part, 'url')}`;
    case 'websearch':
      return `Search the web for "${input(part, 'query')}"`;
    case 'codesearch':
      return `Search code for "${input(part, 'query')}"`;
    case 'skill':
      return `Skill ${input(part, 'name')}`;
    default:
      return `${part.tool} ${input(part, 'operation')} ${relativePath(input(part, 'filePath'), directory)}`.trim();
  }
}

/** What is looked at, and from which line on; null where it is no file and no folder. A folder ends with a slash. */
export function placeOf(part: ToolPart): { path: string; line: number | undefined } | null {
  const path = input(part, 'filePath') || input(part, 'path');
  if (path === '') return null;
  const isFolder = part.tool === 'list' || part.tool === 'glob';
  const { offset } = inputOf(part);
  return {
    path: isFolder && !path.endsWith('/') ? `${path}/` : path,
    line: typeof offset === 'number' && offset > 0 ? offset : undefined,
  };
}

/** The marks that opencode puts before what it found, for the model. */
const opening = /^(?:<path>.*\n<type>.*\n)?<(content|file|entries)>\n?/;

/** What was found, without the marks around it. The last one ends it: the same may be in what was found. */
export function foundText(output: string): string {
  const [mark = '', name] = opening.exec(output) ?? [];
  const end = name === undefined ? -1 : output.lastIndexOf(`</${name}>`);
  return (end === -1 ? output : output.slice(mark.length, end)).trimEnd();
}
