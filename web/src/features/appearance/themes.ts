/** The themes on this device, and which is chosen. */
import { create } from 'zustand';
import { type Look, showLook } from '@/shared/look';
import { recall, recallJson, remember } from '@/shared/storage';
import { luminance, parseHex } from './colour';
import { type Mode, readTheme, ThemeError, variablesOf } from './opencodeTheme';

export interface KeptTheme {
  name: string;
  /** The file as it was loaded. */
  source: string;
}

interface Themes {
  kept: readonly KeptTheme[];
  /** Null for the built-in one. */
  chosen: string | null;
  mode: Mode;
}

const keptKey = 'themes';
const chosenKey = 'theme';
const modeKey = 'theme-mode';
/** So many are kept, and a file may be so long, in characters: storage is small. */
const most = 12;
const longest = 64_000;

function recallKept(): readonly KeptTheme[] {
  const kept = recallJson(keptKey);
  return Array.isArray(kept) ? (kept as KeptTheme[]) : [];
}

export const useThemes = create<Themes>(() => ({
  kept: recallKept(),
  chosen: recall(chosenKey),
  mode: recall(modeKey) === 'light' ? 'light' : 'dark',
}));

/** The look of a theme; null for the built-in one. */
function lookOf({ kept, chosen, mode }: Themes): Look | null {
  const theme = kept.find(({ name }) => name === chosen);
  if (!theme) return null;
  const variables = variablesOf(readTheme(theme.source), mode);
  const ground = parseHex(variables['--black'] ?? '');
  return { variables, scheme: ground && luminance(ground) > 0.2 ? 'light' : 'dark' };
}

function change(changes: Partial<Themes>): void {
  useThemes.setState(changes);
  const state = useThemes.getState();
  remember(keptKey, state.kept.length === 0 ? null : JSON.stringify(state.kept));
  remember(chosenKey, state.chosen);
  remember(modeKey, state.mode);
  showLook(lookOf(state));
}

export function chooseTheme(chosen: string | null): void {
  change({ chosen });
}

export function chooseMode(mode: Mode): void {
  change({ mode });
}

/** Keeps a theme file and shows it; throws `ThemeError` where it is none. */
export function addTheme(name: string, source: string): void {
  if (source.length > longest) throw new ThemeError('This file is too long for a theme.');
  readTheme(source);
  const others = useThemes.getState().kept.filter((theme) => theme.name !== name);
  if (others.length >= most) throw new ThemeError(`There are ${most} themes already: remove one first.`);
  change({ kept: [...others, { name, source }], chosen: name });
}

export function removeTheme(name: string): void {
  const { kept, chosen } = useThemes.getState();
  change({ kept: kept.filter((theme) => theme.name !== name), chosen: chosen === name ? null : chosen });
}
