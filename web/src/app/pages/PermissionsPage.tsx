/** `/settings/permissions`: how permissive new chats are. */
import { DefaultPermissions } from '@/features/permissions/DefaultPermissions';
import { TopBar } from '@/shared/ui/TopBar';
import { BackButton } from '../BackButton';
import { useTitle } from '../useTitle';

export default function PermissionsPage() {
  useTitle('Permissions');
  return (
    <>
      <TopBar
        before={<BackButton href="/settings" label="Settings" />}
        title="Permissions"
        sub="what agents may do without asking"
      />
      <main className="page-body">
        <div className="page-content">
          <DefaultPermissions />
        </div>
      </main>
    </>
  );
}
