/** What a tool call says about itself, read carefully: its input and metadata are the tool's own affair. */
import type { FilePart, ToolPart } from '@/shared/api/opencode';

export function field(record: Readonly<Record<string, unknown>> | undefined, name: string): string {
  const value = record?.[name];
  return typeof value === 'string' ? value : '';
}

export function input(part: ToolPart, name: string): string {
  return field(part.state.input, name);
}

export function metadata(part: ToolPart): Readonly<Record<string, unknown>> {
  return (part.state.status !== 'pending' && part.state.metadata) || {};
}

export function isRunning(part: ToolPart): boolean {
  return part.state.status === 'pending' || part.state.status === 'running';
}

export function failureOf(part: ToolPart): string | null {
  return part.state.status === 'error' ? part.state.error : null;
}

export function outputOf(part: ToolPart): string {
  return part.state.status === 'completed' ? part.state.output : '';
}

/** How long the call took, in milliseconds; null while it runs. */
export function took(part: ToolPart): number | null {
  const { state } = part;
  return state.status === 'completed' || state.status === 'error' ? state.time.end - state.time.start : null;
}

/** Files that a call brought: pictures that were read, mostly. */
export function attachmentsOf(part: ToolPart): readonly FilePart[] {
  return (part.state.status === 'completed' && part.state.attachments) || [];
}
