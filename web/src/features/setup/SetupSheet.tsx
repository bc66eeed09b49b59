/** How a chat's working copy was set up, from its menu. */
import { useQuery } from '@tanstack/react-query';
import { Failure } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import { upkeepQueries } from '@/shared/upkeep';
import { SetupLines } from './SetupLines';

export function SetupSheet({ chat, onClose }: { chat: string; onClose: () => void }) {
  const { data: setup, error, refetch } = useQuery(upkeepQueries.setup(chat));
  return (
    <Sheet title="Setup" onClose={onClose}>
      <div className="pad">
        {error && <Failure what="The setup could not be loaded." error={error} onRetry={refetch} />}
        {setup && <SetupLines setup={setup} />}
      </div>
    </Sheet>
  );
}
