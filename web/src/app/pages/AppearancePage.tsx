/** `/settings/appearance`: text size and colours on this device. */
import { Appearance } from '@/features/appearance/Appearance';
import { TopBar } from '@/shared/ui/TopBar';
import { BackButton } from '../BackButton';
import { useTitle } from '../useTitle';

export default function AppearancePage() {
  useTitle('Appearance');
  return (
    <>
      <TopBar
        before={<BackButton href="/settings" label="Settings" />}
        title="Appearance"
        sub="on this device"
      />
      <main className="page-body">
        <div className="page-content">
          <Appearance />
        </div>
      </main>
    </>
  );
}
