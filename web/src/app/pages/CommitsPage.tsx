/** `/settings/commits`: who commits are by. */
import { AuthorshipForm } from '@/features/authorship/AuthorshipForm';
import { TopBar } from '@/shared/ui/TopBar';
import { BackButton } from '../BackButton';
import { useTitle } from '../useTitle';

export default function CommitsPage() {
  useTitle('Commits');
  return (
    <>
      <TopBar
        before={<BackButton href="/settings" label="Settings" />}
        title="Commits"
        sub="who they are by"
      />
      <main className="page-body">
        <div className="page-content">
          <AuthorshipForm />
        </div>
      </main>
    </>
  );
}
