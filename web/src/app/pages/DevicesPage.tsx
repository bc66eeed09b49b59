/** `/devices`: who is logged in. */
import { Logins } from '@/features/devices/Logins';
import { Tokens } from '@/features/devices/Tokens';
import { TopBar } from '@/shared/ui/TopBar';
import { logOut, useUnsent } from '../leaving';
import { MenuButton } from '../shell-context';
import { useTitle } from '../useTitle';

export default function DevicesPage() {
  useTitle('Logins');
  return (
    <>
      <TopBar before={<MenuButton />} title="Logins" sub="devices that are logged in" />
      <main className="page-body">
        <div className="page-content">
          <Logins unsent={useUnsent()} onLogOut={logOut} />
          <Tokens />
        </div>
      </main>
    </>
  );
}
