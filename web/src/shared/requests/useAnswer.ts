/** Sends an answer. The card stays, without effect, until the server says that nothing waits any more. */
import { useMutation } from '@tanstack/react-query';
import { type RequestAnswer, relay } from '@/shared/api/relay';
import { forgetAnswer } from './kept';

export function useAnswer(request: string) {
  const { mutate, error, isPending, isSuccess } = useMutation({
    mutationFn: (answer: RequestAnswer) => relay.answer(request, answer),
    onSuccess: () => forgetAnswer(request),
  });
  return { answer: mutate, error, isBusy: isPending || isSuccess };
}
