/** What a tool call says about itself, read carefully: its input and metadata are the model's and the tool's own affair. */
import type { FilePart, ToolPart } from '@/shared/api/opencode';

type Fields = Readonly<Record<string, unknown>>;

const none: Fields = {};

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function field(record: Fields | undefined, name: string): string {
  const value = record?.[name];
  return typeof value === 'string' ? value : '';
}

/** What it was given, by name. A model may give anything: what is no object has no names. */
export function inputOf({ state }: ToolPart): Fields {
  return isFields(state?.input) ? state.input : none;
}

export function input(part: ToolPart, name: string): string {
  return field(inputOf(part), name);
}

export function metadata({ state }: ToolPart): Fields {
  const told = state?.status === 'pending' ? undefined : state?.metadata;
  return isFields(told) ? told : none;
}

export function isRunning({ state }: ToolPart): boolean {
  return state?.status === 'pending' || state?.status === 'running';
}

export function failureOf({ state }: ToolPart): string | null {
  return state?.status === 'error' ? String(state.error) : null;
}

export function outputOf({ state }: ToolPart): string {
  return state?.status === 'completed' && typeof state.output === 'string' ? state.output : '';
}

/** How long the call took, in milliseconds; null while it runs. */
export function took({ state }: ToolPart): number | null {
  return state.status === 'completed' || state.status === 'error' ? state.time.end - state.time.start : null;
}

/** Files that a call brought: pictures that were read, mostly. */
export function attachmentsOf({ state }: ToolPart): readonly FilePart[] {
  const files = state?.status === 'completed' ? state.attachments : undefined;
  return Array.isArray(files) ? files : [];
}
