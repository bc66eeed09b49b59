/** `/debug`: what this page has seen lately, to be copied into a report. */
import { Debug } from '@/features/debug/Debug';
import { TopBar } from '@/shared/ui/TopBar';
import { BackButton } from '../BackButton';
import { useTitle } from '../useTitle';

export default function DebugPage() {
  useTitle('Debug');
  return (
    <>
      <TopBar
        before={<BackButton href="/settings" label="Settings" />}
        title="Debug"
        sub="what this page did lately"
      />
      <main className="page-body">
        <div className="page-content">
          <Debug />
        </div>
      </main>
    </>
  );
}
