/** `/settings/providers`: connecting those who run the models. */
import { Providers } from '@/features/providers/Providers';
import { TopBar } from '@/shared/ui/TopBar';
import { BackButton } from '../BackButton';
import { useTitle } from '../useTitle';

export default function ProvidersPage() {
  useTitle('Providers');
  return (
    <>
      <TopBar
        before={<BackButton href="/settings" label="Settings" />}
        title="Providers"
        sub="who runs the models"
      />
      <main className="page-body">
        <div className="page-content">
          <Providers />
        </div>
      </main>
    </>
  );
}
