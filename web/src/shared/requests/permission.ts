/** What a permission is about, in words and in full, with nothing in it unseen. Pure. */
import type { PermissionRequest } from '@/shared/api/opencode';
import { relativePath } from '@/shared/format';
import { visible, visibleText } from '@/shared/visible';

export interface Permitted {
  /** The question to its person. */
  title: string;
  /** A command, a path, an address: exactly what is asked for. */
  what: string;
  /** What the agent says that it is for. */
  purpose: string | null;
  /** Changes of files that come with it. */
  diffs: readonly { path: string; patch: string }[];
}

const titles: Record<string, string> = {
  bash: 'May it run this command?',
  edit: 'May it change this file?',
  write: 'May it write this file?',
  read: 'May it read this?',
  glob: 'May it look for these files?',
  grep: 'May it search for this?',
  webfetch: 'May it fetch this address?',
  websearch: 'May it search the web for this?',
  task: 'May it start this subagent?',
  external_directory: 'May it leave its working copy, for this folder?',
  doom_loop: 'It does the same thing again and again. May it go on?',
};

export function permitted(request: PermissionRequest, directory: string): Permitted {
  const { permission, patterns, metadata } = request;
  const diffs = diffsOf(metadata, directory);
  const purpose = text(metadata.description);
  return {
    title: titles[permission] ?? `May it use “${visibleText(permission)}”?`,
    what: diffs.length > 0 ? '' : visibleText(said(metadata, directory) ?? patterns.join('\n')),
    purpose: purpose === null ? null : visibleText(purpose),
    diffs: diffs.map(({ path, patch }) => ({ path: visibleText(path), patch: visible(patch) })),
  };
}

/** What opencode describes besides the patterns, which say less: a command without its folder, a name without its input. */
function said(metadata: PermissionRequest['metadata'], directory: string): string | null {
  const command = text(metadata.command);
  if (command !== null) return command;
  const path = text(metadata.filepath);
  if (path !== null) return relativePath(path, directory);
  const { description: _, ...rest } = metadata;
  const lines = Object.entries(rest)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value, null, 2)}`);
  return lines.length > 0 ? lines.join('\n') : null;
}

function diffsOf(metadata: PermissionRequest['metadata'], directory: string): Permitted['diffs'] {
  const { files } = metadata;
  const each = Array.isArray(files) ? files.flatMap((file) => diffOf(file)) : [];
  if (each.length > 0) return each;
  const patch = text(metadata.diff);
  return patch === null ? [] : [{ path: relativePath(text(metadata.filepath) ?? 'file', directory), patch }];
}

/** One file of a patch of several. */
function diffOf(file: unknown): Permitted['diffs'] {
  if (typeof file !== 'object' || file === null) return [];
  const path = ('relativePath' in file && text(file.relativePath)) || null;
  const patch = ('patch' in file && text(file.patch)) || ('diff' in file && text(file.diff)) || null;
  return path !== null && patch !== null ? [{ path, patch }] : [];
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/**
 * What “always” will allow, as opencode matches it: the tool and each pattern of its own choice, which may be wider than
 * what is asked for now.
 */
export function alwaysAllowed({ permission, always }: PermissionRequest): string[] {
  return always.map((pattern) =>
    visibleText(pattern === '*' ? `${permission} * (whatever it is)` : `${permission} ${pattern}`),
  );
}
