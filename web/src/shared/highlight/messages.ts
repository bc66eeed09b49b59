/** What the page and the worker that colours say to each other. */
import type { Language } from './language';
import type { ColouredLine } from './runs';

export interface Question {
  id: number;
  language: Language;
  text: string;
}

export type Answer =
  /** The language is there: from now on it is the text that takes time. */
  | { id: number; type: 'begun' }
  /** `lines` is null when it could not be coloured. */
  | { id: number; type: 'done'; lines: readonly ColouredLine[] | null };
