/** `/debug`: what this page has seen lately, to be copied into a report. */
import { TopBar } from '@/shared/ui/TopBar';
import { BackButton } from '../BackButton';
import { useTitle } from '../useTitle';

export default function DebugPage() {
  useTitle('Debug');
  return <TopBar before={<BackButton href="/settings" label="Settings" />} title="Debug" />;
}
