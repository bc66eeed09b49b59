/** Sends a prompt so that it is shown at once and arrives once. */
import { dispatch, useEvents } from '@/features/events/store';
import { opencode, type UserMessage } from '@/shared/api/opencode';
import { RequestError } from '@/shared/http';
import { newMessageId } from '@/shared/identifier';
import { recall, remember } from '@/shared/storage';
import { splitModel } from './choices';

interface Target {
  session: string;
  directory: string;
  model: string | null;
  mode: string;
}

interface Uncertain {
  id: string;
  text: string;
}

/**
 * Prompts of which nobody knows whether they arrived, by session: sending them again must not double them. Kept
 * by the browser, because a phone may end the page before the answer comes.
 */
const uncertain = {
  get(session: string): Uncertain | null {
    try {
      return JSON.parse(recall(`uncertain.${session}`) ?? 'null');
    } catch {
      return null;
    }
  },
  set: (session: string, prompt: Uncertain) => remember(`uncertain.${session}`, JSON.stringify(prompt)),
  delete: (session: string) => remember(`uncertain.${session}`, null),
};

export async function sendPrompt({ session, directory, model, mode }: Target, text: string): Promise<void> {
  const earlier = uncertain.get(session);
  const again = earlier?.text === text ? earlier : null;
  if (again && (await opencode.hasMessage(session, again.id))) {
    uncertain.delete(session);
    return;
  }
  const order = useEvents.getState().transcripts[session]?.order;
  const id = again?.id ?? newMessageId(Date.now(), order?.at(-1));
  const choice = model === null ? undefined : splitModel(model);
  const message: UserMessage = {
    id,
    sessionID: session,
    role: 'user',
    time: { created: Date.now() },
    agent: mode,
    model: choice ?? { providerID: '', modelID: '' },
  };
  dispatch({ type: 'sent', message, text });
  uncertain.set(session, { id, text });
  try {
    await opencode.prompt(session, directory, { messageID: id, text, model: choice, agent: mode });
    uncertain.delete(session);
  } catch (error) {
    dispatch({ type: 'unsent', session, message: id });
    // Without an answer it may have arrived all the same.
    const answered = error instanceof RequestError && error.status !== 0;
    if (answered) uncertain.delete(session);
    throw error;
  }
}
