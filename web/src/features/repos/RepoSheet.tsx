/** Chooses the repository of a new chat. */
import { Sheet } from '@/shared/ui/Sheet';
import { RepoList } from './RepoList';

export default function RepoSheet({
  chosen,
  onChoose,
  onClose,
}: {
  chosen: string | null;
  onChoose: (repo: string) => void;
  onClose: () => void;
}) {
  return (
    <Sheet title="Repository" onClose={onClose}>
      <RepoList chosen={chosen} onChoose={onChoose} />
    </Sheet>
  );
}
