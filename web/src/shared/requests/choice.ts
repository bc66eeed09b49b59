/** What is being answered to one question: the labels that are chosen, and words of one's own. Pure. */

export interface Choice {
  chosen: readonly string[];
  own: string;
}

/** How far the answers to a request's questions are. */
export interface Answering {
  /** Which question is shown. */
  step: number;
  /** One for each question. */
  choices: readonly Choice[];
}

export const nothingChosen: Choice = { chosen: [], own: '' };

/** The answer as opencode takes it. */
export function labels({ chosen, own }: Choice): string[] {
  return own.trim() === '' ? [...chosen] : [...chosen, own.trim()];
}

export function isComplete(choice: Choice): boolean {
  return labels(choice).length > 0;
}

/** After a tap on an option: where only one may be chosen it replaces everything, own words included. */
export function toggle(choice: Choice, label: string, multiple: boolean): Choice {
  if (!multiple) return { chosen: [label], own: '' };
  return choice.chosen.includes(label)
    ? { ...choice, chosen: choice.chosen.filter((other) => other !== label) }
    : { ...choice, chosen: [...choice.chosen, label] };
}

/** After typing: where only one answer may be given, own words replace what was chosen. */
export function say(choice: Choice, own: string, multiple: boolean): Choice {
  return { chosen: multiple || own === '' ? choice.chosen : [], own };
}

/** What was kept of the answers to so many questions; the beginning where it is not about them. */
export function readAnswering(kept: unknown, questions: number): Answering {
  const beginning = { step: 0, choices: Array.from({ length: questions }, () => nothingChosen) };
  if (typeof kept !== 'object' || kept === null) return beginning;
  const { step, choices } = kept as Partial<Record<keyof Answering, unknown>>;
  if (!Array.isArray(choices) || choices.length !== questions || !choices.every(isChoice)) return beginning;
  return { step: typeof step === 'number' && step in choices ? step : 0, choices };
}

function isChoice(value: unknown): value is Choice {
  if (typeof value !== 'object' || value === null) return false;
  const { chosen, own } = value as Partial<Record<keyof Choice, unknown>>;
  return (
    Array.isArray(chosen) && chosen.every((label) => typeof label === 'string') && typeof own === 'string'
  );
}
