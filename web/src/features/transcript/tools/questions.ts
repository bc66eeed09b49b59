/** What a call asked its person, and what was answered. Pure. */
import type { ToolPart } from '@/shared/api/opencode';
import { field, inputOf, isFields, metadata } from './tool';

export interface Asked {
  question: string;
  /** In one line; null as long as there is none. */
  answer: string | null;
}

/** Null where what it was given are no questions, or they are not here yet. */
export function askedBy(part: ToolPart): readonly Asked[] | null {
  const { questions } = inputOf(part);
  if (!Array.isArray(questions)) return null;
  const given: unknown = metadata(part).answers;
  const answers: readonly unknown[] = Array.isArray(given) ? given : [];
  const asked = questions.map((each: unknown, index) => ({
    question: isFields(each) ? field(each, 'question') : '',
    answer: answerText(answers[index]),
  }));
  return asked.every(({ question }) => question !== '') ? asked : null;
}

function answerText(answer: unknown): string | null {
  return Array.isArray(answer) ? answer.map(String).join(', ') || 'no answer' : null;
}
