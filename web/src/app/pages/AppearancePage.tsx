/** `/settings/appearance`: text size and colours on this device. */
import { TopBar } from '@/shared/ui/TopBar';
import { BackButton } from '../BackButton';
import { useTitle } from '../useTitle';

export default function AppearancePage() {
  useTitle('Appearance');
  return <TopBar before={<BackButton href="/settings" label="Settings" />} title="Appearance" />;
}
