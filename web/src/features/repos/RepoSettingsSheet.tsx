/** What can be set for one repository, for all of its chats, and what is rarely done in it. */
import { Sheet } from '@/shared/ui/Sheet';
import { ImportConversation } from './ImportConversation';
import { PushRules } from './PushRules';
import { RepositoryCheck } from './RepositoryCheck';
import { RepositorySetup } from './RepositorySetup';

export default function RepoSettingsSheet({ repo, onClose }: { repo: string; onClose: () => void }) {
  return (
    <Sheet title={repo} onClose={onClose}>
      <PushRules repo={repo} />
      <RepositorySetup repo={repo} />
      <ImportConversation repo={repo} />
      <RepositoryCheck repo={repo} />
    </Sheet>
  );
}
