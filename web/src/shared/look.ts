/** The colours and the text size that were chosen on this device: there before the first thing is drawn. */
import { recall, recallJson, remember } from './storage';

export interface Look {
  /** Of shared/theme.css, by their names. */
  variables: Readonly<Record<string, string>>;
  scheme: 'dark' | 'light';
}

/** How large text may be, as parts of what the browser has as its size. */
export const textSizes = [
  { name: 'small', scale: 0.9 },
  { name: 'normal', scale: 1 },
  { name: 'large', scale: 1.15 },
  { name: 'larger', scale: 1.3 },
  { name: 'largest', scale: 1.5 },
] as const;

export type TextSize = (typeof textSizes)[number]['name'];

const lookKey = 'look';
const sizeKey = 'text-size';

/** What was set by the last look. */
let written: readonly string[] = [];

/** Shows it, and from now on at every start; null is the style sheet's own. */
export function showLook(look: Look | null): void {
  remember(lookKey, look && JSON.stringify(look));
  apply(look);
}

function apply(look: Look | null): void {
  const { style } = document.documentElement;
  for (const name of written) style.removeProperty(name);
  const variables = Object.entries(look?.variables ?? {});
  for (const [name, value] of variables) style.setProperty(name, value);
  written = variables.map(([name]) => name);
  style.setProperty('color-scheme', look?.scheme ?? 'dark');
  const bars = document.querySelector('meta[name="theme-color"]');
  bars?.setAttribute('content', look?.variables['--black'] ?? '#000000');
}

export function currentTextSize(): TextSize {
  const name = recall(sizeKey);
  return textSizes.find((size) => size.name === name)?.name ?? 'normal';
}

/** Everything with letters in it is measured in rem. */
export function setTextSize(size: TextSize): void {
  remember(sizeKey, size === 'normal' ? null : size);
  applyTextSize(size);
}

function applyTextSize(size: TextSize): void {
  const scale = textSizes.find(({ name }) => name === size)?.scale ?? 1;
  document.documentElement.style.setProperty('font-size', scale === 1 ? '' : `${scale * 100}%`);
}

/** At the start of the page. */
export function restoreLook(): void {
  const look = recallJson(lookKey) as Look | null;
  if (look !== null) apply(look);
  applyTextSize(currentTextSize());
}
