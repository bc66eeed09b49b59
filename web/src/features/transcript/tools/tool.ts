/** What a tool call says about itself, read carefully: its input and metadata are the tool's own affair. */
import type { ToolPart } from '@/shared/api/opencode';

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

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for.
const escapes = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** Terminal output as plain text: colours removed, lines that were overwritten shown as they ended. */
export function plainOutput(text: string): string {
  const plain = text.replace(escapes, '').replaceAll('\r\n', '\n');
  if (!plain.includes('\r')) return plain;
  return plain
    .split('\n')
    .map((line) => line.slice(line.lastIndexOf('\r') + 1))
    .join('\n');
}
