/** `/`: drops the reader where they were: the most recent chat, else a new one, else the repositories. */
import { useQuery } from '@tanstack/react-query';
import { Redirect } from 'wouter';
import { hasChats } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { queries } from '@/shared/api/queries';
import { recall } from '@/shared/storage';
import { Failure, Loading } from '@/shared/ui/Notice';
import { TopBar } from '@/shared/ui/TopBar';
import { MenuButton } from '../shell-context';

export function HomePage() {
  const isKnown = useEvents(hasChats);
  const chats = useEvents((state) => state.chats);
  const repos = useQuery(queries.repos());
  const lastChat = recall('chat');
  const lastRepo = recall('repo');

  // Known on this device: no need to wait for the list.
  if (!isKnown && lastChat !== null) return <Redirect to={`/chat/${lastChat}`} replace />;
  if (isKnown) {
    const recent = Object.values(chats)
      .filter(({ archived }) => !archived)
      .sort((a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at));
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
      {repos.error ? (
        <Failure
          what="The repositories could not be loaded."
          error={repos.error}
          onRetry={() => void repos.refetch()}
        />
      ) : (
        <Loading what="loading" />
      )}
    </>
  );
}
