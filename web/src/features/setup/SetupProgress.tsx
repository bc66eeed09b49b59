/** The setup of a chat's working copy while it goes on: its output, and a way to go on without it. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Failure } from '@/shared/ui/Notice';
import { upkeep, upkeepQueries } from '@/shared/upkeep';
import { SetupLines } from './SetupLines';

export default function SetupProgress({ chat }: { chat: string }) {
  const { data: setup } = useQuery({ ...upkeepQueries.setup(chat), refetchInterval: 1_000 });
  const skip = useMutation({ mutationFn: () => upkeep.skipSetup(chat) });
  if (!setup) return null;
  return (
    <>
      <SetupLines setup={setup} />
      {skip.error && <Failure what="Not skipped." error={skip.error} />}
      {setup.state === 'running' && (
        <button
          type="button"
          className="button"
          disabled={skip.isPending || skip.isSuccess}
          onClick={() => skip.mutate()}
        >
          Begin without it
        </button>
      )}
    </>
  );
}
