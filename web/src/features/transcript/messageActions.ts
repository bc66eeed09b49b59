/** How a message opens its actions: in the conversation of `session` only. */
import { createContext } from 'react';

interface Actions {
  session: string;
  /** Shows what can be done with a message. */
  open: (message: string) => void;
}

export const MessageActions = createContext<Actions | null>(null);
