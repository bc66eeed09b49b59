/** `/repos`: picks the repository to work in, and what holds for each. */
import { lazy, Suspense, useState } from 'react';
import { useLocation } from 'wouter';
import { RepoList } from '@/features/repos/RepoList';
import { recall, remember } from '@/shared/storage';
import { TopBar } from '@/shared/ui/TopBar';
import { MissingSettings } from '../InstanceNotice';
import { MenuButton } from '../shell-context';
import { useTitle } from '../useTitle';

const RepoSettingsSheet = lazy(() => import('@/features/repos/RepoSettingsSheet'));

export default function ReposPage() {
  useTitle('Repositories');
  const [, navigate] = useLocation();
  const [shown, setShown] = useState<string | null>(null);
  return (
    <>
      <TopBar before={<MenuButton />} title="Repositories" sub="pick one to begin a chat in it" />
      <main className="page-body">
        <div className="page-content">
          {/* The list itself says why it is empty without a token. */}
          <MissingSettings saidElsewhere="GITHUB_TOKEN" />
          <RepoList
            chosen={recall('repo')}
            onSettings={setShown}
            onChoose={(repo) => {
              remember('repo', repo);
              navigate(`/new?repo=${encodeURIComponent(repo)}`);
            }}
          />
        </div>
      </main>
      {shown !== null && (
        <Suspense>
          <RepoSettingsSheet repo={shown} onClose={() => setShown(null)} />
        </Suspense>
      )}
    </>
  );
}
