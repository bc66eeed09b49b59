/** What the page and the worker that colours say to each other. */
import type { Language } from './language';
import type { ColouredLine } from './runs';

export interface Question {
  id: number;
  language: Language;
  text: string;
}

export interface Answer {
  id: number;
  /** Null when it could not be coloured. */
  lines: readonly ColouredLine[] | null;
}
