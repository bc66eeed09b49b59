/** `/`: drops the reader where they were: the most recent chat, else a new one, else the repositories. */
import { useQuery } from '@tanstack/react-query';
import { Redirect } from 'wouter';
import { queries } from '@/shared/api/queries';
import { recall } from '@/shared/storage';
import { Failure, Loading } from '@/shared/ui/Notice';
import { TopBar } from '@/shared/ui/TopBar';
import { MenuButton } from '../shell-context';

export function HomePage() {
  const chats = useQuery(queries.chats());
  const repos = useQuery(queries.repos());
  const lastChat = recall('chat');
  const lastRepo = recall('repo');
  const failed = chats.error ?? repos.error;

  // Known on this device: no need to wait for the list.
  if (chats.data === undefined && lastChat !== null) return <Redirect to={`/chat/${lastChat}`} replace />;
  if (chats.data) {
    const recent = [...chats.data].sort((a, b) => b.updated_at.localeCompare(a.updated_at));
    const chat =
      recent.find(({ id }) => id === lastChat) ?? recent.find(({ repo }) => repo === lastRepo) ?? recent[0];
    if (chat) return <Redirect to={`/chat/${chat.id}`} replace />;
    const repo = lastRepo ?? repos.data?.[0]?.name;
    if (repo !== undefined) return <Redirect to={`/new?repo=${encodeURIComponent(repo)}`} replace />;
    if (repos.data) return <Redirect to="/repos" replace />;
  }
  return (
    <>
      <TopBar before={<MenuButton />} title="ocweb" />
      {failed ? (
        <Failure
          what="The chats could not be loaded."
          error={failed}
          onRetry={() => {
            void chats.refetch();
            void repos.refetch();
          }}
        />
      ) : (
        <Loading what="loading" />
      )}
    </>
  );
}
