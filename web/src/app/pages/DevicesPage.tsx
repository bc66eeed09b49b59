/** `/devices`: who is logged in. */
import { Logins } from '@/features/devices/Logins';
import { Tokens } from '@/features/devices/Tokens';
import { TopBar } from '@/shared/ui/TopBar';
import { MenuButton } from '../shell-context';
import { useTitle } from '../useTitle';

export default function DevicesPage() {
  useTitle('Logins');
  return (
    <>
      <TopBar before={<MenuButton />} title="Logins" sub="devices that are logged in" />
      <main className="page-body">
        <div className="page-content">
          <Logins />
          <Tokens />
        </div>
      </main>
    </>
  );
}
