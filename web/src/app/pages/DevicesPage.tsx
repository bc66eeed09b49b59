/** `/devices`: who is logged in, and what programs come in with. */
import { Logins } from '@/features/devices/Logins';
import { Tokens } from '@/features/devices/Tokens';
import { TopBar } from '@/shared/ui/TopBar';
import { logOut, useUnsent } from '../leaving';
import { PageParts } from '../PageParts';
import { MenuButton } from '../shell-context';
import { useTitle } from '../useTitle';

export default function DevicesPage() {
  const unsent = useUnsent();
  useTitle('Logins and tokens');
  return (
    <>
      <TopBar before={<MenuButton />} title="Logins and tokens" />
      <PageParts
        parts={[<Logins key="logins" unsent={unsent} onLogOut={logOut} />, <Tokens key="tokens" />]}
      />
    </>
  );
}
