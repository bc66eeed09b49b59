/** What a tool that writes changed, file by file: by its answer, or by its input as long as there is none. Pure. */
import type { ToolPart } from '@/shared/api/opencode';
import { asAdded, type DiffLine, parsePatch } from '@/shared/diff/patch';
import { relativePath } from '@/shared/format';
import { field, input, metadata } from './tool';

export interface FileChange {
  path: string;
  /** What was done to the file beside its lines, in words. */
  note: string;
  lines: readonly DiffLine[];
}

/** `directory` is the chat's working copy: paths are told from there. */
export function changesOf(part: ToolPart, directory: string): readonly FileChange[] {
  const files: unknown = metadata(part).files;
  if (part.tool === 'apply_patch' && Array.isArray(files)) {
    return files.filter(isRecord).map((file) => patchedFile(file, directory));
  }
  const path = relativePath(input(part, 'filePath'), directory);
  const diff = field(metadata(part), 'diff');
  if (diff !== '') return [{ path, note: '', lines: parsePatch(diff) }];
  if (part.tool === 'write') return [{ path, note: '', lines: written(input(part, 'content')) }];
  if (part.tool === 'edit') return [{ path, note: '', lines: replaced(part) }];
  return [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function patchedFile(file: Record<string, unknown>, directory: string): FileChange {
  const from = field(file, 'relativePath') || relativePath(field(file, 'filePath'), directory);
  const to = relativePath(field(file, 'movePath'), directory);
  const notes: Record<string, string> = { add: 'new file', delete: 'deleted', move: `renamed from ${from}` };
  return {
    path: to || from,
    note: notes[field(file, 'type')] ?? '',
    lines: parsePatch(field(file, 'patch') || field(file, 'diff')),
  };
}

function written(content: string): DiffLine[] {
  return content === '' ? [] : asAdded(content);
}

/** Where in the file it is nobody knows yet, so there are no numbers. */
function replaced(part: ToolPart): DiffLine[] {
  const lines = (name: string, kind: 'added' | 'deleted') =>
    written(input(part, name)).map(({ text }): DiffLine => ({ kind, text }));
  return [...lines('oldString', 'deleted'), ...lines('newString', 'added')];
}
