/** `/repos`: picks the repository to work in. */
import { useLocation } from 'wouter';
import { RepoList } from '@/features/repos/RepoList';
import { recall, remember } from '@/shared/storage';
import { TopBar } from '@/shared/ui/TopBar';
import { MissingSettings } from '../InstanceNotice';
import { MenuButton } from '../shell-context';
import { useTitle } from '../useTitle';

export default function ReposPage() {
  useTitle('Repositories');
  const [, navigate] = useLocation();
  return (
    <>
      <TopBar before={<MenuButton />} title="Repositories" sub="pick one to begin a chat in it" />
      <main className="page-body">
        <div className="page-content">
          {/* The list itself says why it is empty without a token. */}
          <MissingSettings saidElsewhere="GITHUB_TOKEN" />
          <RepoList
            chosen={recall('repo')}
            onChoose={(repo) => {
              remember('repo', repo);
              navigate(`/new?repo=${encodeURIComponent(repo)}`);
            }}
          />
        </div>
      </main>
    </>
  );
}
