/** What a tool was given, as lines of name and value. Pure. */

import { isFields } from './tool';

export interface Argument {
  name: string;
  value: string;
}

/** A model may give anything: what has no names is shown as it is. */
export function argumentsOf(input: unknown): readonly Argument[] {
  return Object.entries(isFields(input) ? input : { input })
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => ({ name, value: valueText(value) }));
}

/** As short as it can be read: lists of words in one line, everything else as indented JSON. */
function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  const isList =
    Array.isArray(value) && value.every((item) => typeof item === 'string' || typeof item === 'number');
  return isList ? value.join(', ') : JSON.stringify(value, null, 2);
}

/** An output that is JSON in one long line, made readable; any other as it is. */
export function readable(output: string): string {
  if (!/^\s*[[{]/.test(output) || output.trim().includes('\n')) return output;
  try {
    return JSON.stringify(JSON.parse(output), null, 2);
  } catch {
    return output;
  }
}
