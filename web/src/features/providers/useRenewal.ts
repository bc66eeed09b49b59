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

/** What became of a provider. */
export type ProviderChange = 'connected' | 'replaced' | 'disconnected';

/** What to say after a change, while so many chats are at work. */
export function changeWords(change: ProviderChange, name: string, waiting: number): string {
  const chats = waiting === 1 ? 'A chat is' : `${waiting} chats are`;
  const goOn = `${chats} at work and will not be interrupted:`;
  switch (change) {
    case 'connected':
      return waiting === 0
        ? `${name} is connected. Its models can be chosen now.`
        : `${name} is connected. Its models can be chosen in new chats now. ${goOn} there they appear when the agent rests.`;
    case 'replaced':
      return waiting === 0
        ? `${name} is connected anew. What you gave now is used from now on.`
        : `${name} is connected anew. New chats use what you gave now. ${goOn} there it is used when the agent rests.`;
    case 'disconnected':
      return waiting === 0
        ? `${name} is disconnected: what it was connected with is forgotten.`
        : `${name} is disconnected: what it was connected with is forgotten. ${goOn} there it can be used until the agent rests.`;
  }
}
