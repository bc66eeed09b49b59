/** The modes in which opencode works: build, plan and those of the repository. */
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/shared/api/queries';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Options } from '@/shared/ui/Options';
import { Sheet } from '@/shared/ui/Sheet';

export interface ModePickerProps {
  directory: string | undefined;
  chosen: string | null;
  onChoose: (mode: string) => void;
  onClose: () => void;
}

export default function ModePicker({ directory, chosen, onChoose, onClose }: ModePickerProps) {
  const { data, error, refetch } = useQuery(queries.agents(directory));
  return (
    <Sheet title="Mode" onClose={onClose}>
      {error && <Failure what="The modes could not be loaded." error={error} onRetry={refetch} />}
      {!data && !error && <Loading what="loading modes" />}
      {data && (
        <Options
          label="Mode"
          chosen={chosen}
          onChoose={onChoose}
          options={data
            .filter((agent) => agent.mode !== 'subagent' && !agent.hidden)
            .map((agent) => ({
              key: agent.name,
              value: agent.name,
              label: agent.name,
              note: agent.description,
            }))}
        />
      )}
    </Sheet>
  );
}
