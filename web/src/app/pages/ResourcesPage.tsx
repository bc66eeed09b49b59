/** `/resources`: what takes space, what runs, and what can be cleaned up. */
import { DeleteChatSheet } from '@/features/chats/DeleteChatSheet';
import { Repairs } from '@/features/repairs/Repairs';
import { Backup } from '@/features/resources/Backup';
import { Disk } from '@/features/resources/Disk';
import { Garbage } from '@/features/resources/Garbage';
import { Load } from '@/features/resources/Load';
import { Processes } from '@/features/resources/Processes';
import { Services } from '@/features/resources/Services';
import { SavedWorks } from '@/features/saved/SavedWorks';
import { ContinueByItself } from '@/features/settings/ContinueByItself';
import { TopBar } from '@/shared/ui/TopBar';
import { PageParts } from '../PageParts';
import { MenuButton } from '../shell-context';
import { useTitle } from '../useTitle';

export default function ResourcesPage() {
  useTitle('Resources');
  return (
    <>
      <TopBar before={<MenuButton />} title="Resources" />
      <PageParts
        parts={[
          <Disk key="disk" chatDeletion={(asked) => <DeleteChatSheet {...asked} />} />,
          <Repairs key="repairs" />,
          <Garbage key="garbage" />,
          <SavedWorks key="saved" />,
          <Backup key="backup" />,
          <Load key="load" />,
          <Processes key="processes" />,
          <Services key="services" />,
          <ContinueByItself key="continue" />,
        ]}
      />
    </>
  );
}
