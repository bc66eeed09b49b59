/** Brings a chat's branch up to its base. */
import type { GitStat } from '@/shared/api/git';
import { plural } from '@/shared/format';
import { Sheet } from '@/shared/ui/Sheet';
import { UpdateRows } from './UpdateRows';
import { useUpdate } from './useUpdate';

interface Props {
  chat: string;
  stat: GitStat;
  base: string;
  onClose: () => void;
}

export function UpdateSheet({ chat, stat, base, onClose }: Props) {
  const update = useUpdate(chat, 'base', onClose);
  return (
    <Sheet title={`Update from ${base}`} onClose={onClose}>
      <p className="pad dim">
        {stat.behind > 0
          ? `${base} has ${plural(stat.behind, 'commit')} that this branch does not have.`
          : `As last fetched, this branch has all of ${base}. It is fetched first.`}
      </p>
      <UpdateRows
        update={update}
        name={base}
        rebaseNote={stat.remote == null ? '' : '; the branch at GitHub is to be replaced then'}
      />
    </Sheet>
  );
}
