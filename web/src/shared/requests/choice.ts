/** What is being answered to one question: the labels that are chosen, and words of one's own. Pure. */

export interface Choice {
  chosen: readonly string[];
  own: string;
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
