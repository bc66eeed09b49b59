/** Sends a prompt so that it is shown at once and arrives once. */
import { dispatch, useEvents } from '@/features/events/store';
import { opencode, type UserMessage } from '@/shared/api/opencode';
import { RequestError } from '@/shared/http';
import { newMessageId } from '@/shared/identifier';
import { splitModel } from './choices';

interface Target {
  session: string;
  directory: string;
  model: string | null;
  mode: string;
}

/** Prompts of which nobody knows whether they arrived, by session: sending them again must not double them. */
const uncertain = new Map<string, { id: string; text: string }>();

export async function sendPrompt({ session, directory, model, mode }: Target, text: string): Promise<void> {
  const earlier = uncertain.get(session);
  const again = earlier?.text === text ? earlier : undefined;
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
  try {
    await opencode.prompt(session, directory, { messageID: id, text, model: choice, agent: mode });
    uncertain.delete(session);
  } catch (error) {
    dispatch({ type: 'unsent', session, message: id });
    // Without an answer it may have arrived all the same.
    if (error instanceof RequestError && error.status === 0) uncertain.set(session, { id, text });
    else uncertain.delete(session);
    throw error;
  }
}
