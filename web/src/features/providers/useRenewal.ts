/** After a provider was connected or disconnected: has opencode take it up, and what was known asked for anew. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { relay } from '@/shared/api/relay';

/** Makes a change and has it taken up. `data` is how many chats are at work and take it up when they rest. */
export function useRenewal<Input = void>(change: (input: Input) => Promise<unknown>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (input: Input) => {
      await change(input);
      return relay.renewProviders();
    },
    // Also after a failure: the change may have been made.
    onSettled: () =>
      Promise.all(['catalogue', 'models'].map((key) => queryClient.invalidateQueries({ queryKey: [key] }))),
  });
}

/** What to say after a change. */
export function renewalWords(waiting: number): string {
  if (waiting === 0) return 'Its models can be chosen now.';
  const chats = waiting === 1 ? 'A chat is' : `${waiting} chats are`;
  return `Its models can be chosen in new chats now. ${chats} at work and will not be interrupted: there they appear when the agent rests.`;
}
