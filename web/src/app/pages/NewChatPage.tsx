/** `/new`: a repository, a branch, and a text box. `?from=` an issue or a pull request fills them in. */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { RecentChats } from '@/features/chats/RecentChats';
import { Chip } from '@/features/composer/Chip';
import { ChoiceChips } from '@/features/composer/ChoiceChips';
import { Composer, type Message } from '@/features/composer/Composer';
import { useNewChatChoices } from '@/features/composer/choices';
import { useDraft } from '@/features/composer/draft';
import { beginChat } from '@/features/outbox/store';
import type { Extent } from '@/shared/api/admin';
import { queries } from '@/shared/api/queries';
import { recall, remember } from '@/shared/storage';
import { TopBar } from '@/shared/ui/TopBar';
import { MissingSettings } from '../InstanceNotice';
import { MenuButton } from '../shell-context';
import { useTitle } from '../useTitle';
import './new-chat.css';

const RepoSheet = lazy(() => import('@/features/repos/RepoSheet'));
const BranchSheet = lazy(() => import('@/features/repos/BranchSheet'));
const CloneChoice = lazy(() => import('@/features/repos/CloneChoice'));
const FromTopic = lazy(() => import('./FromTopic'));

/** Nothing but the address of an issue or a pull request, or its short form. */
const topicAddress = /^(https?:\/\/\S+\/(pull|issues)\/\d+\S*|[\w.-]+\/[\w.-]+#\d+)$/;

export function NewChatPage() {
  useTitle('New chat');
  const [search, setSearch] = useSearchParams();
  const [, navigate] = useLocation();
  const [sheet, setSheet] = useState<'repo' | 'branch' | null>(null);
  const [extent, setExtent] = useState<Extent>('full');
  const base = search.get('base');
  const asked = search.get('from');
  const typed = useDraft('new').trim();
  const address = asked ?? (topicAddress.test(typed) ? typed : null);
  const repos = useQuery(queries.repos());
  const repo = search.get('repo') ?? recall('repo') ?? repos.data?.[0]?.name ?? null;
  const clone = repos.data?.find((other) => other.name === repo && other.state === 'ready');
  const isCloned = repos.data?.some((other) => other.name === repo && other.state !== 'failed') ?? true;
  const choices = useNewChatChoices(repo);

  function begin(name: string, base: string | null) {
    remember('repo', name);
    if (name !== repo) setExtent('full');
    setSearch(base === null ? { repo: name } : { repo: name, base }, { replace: true });
    setSheet(null);
  }

  async function create(message: Message) {
    if (repo === null) return;
    const chat = await beginChat(repo, base, isCloned ? undefined : extent, message, choices.told);
    remember('repo', repo);
    navigate(`/chat/${chat}`);
  }

  return (
    <>
      <TopBar before={<MenuButton />} title="New chat" {...(repo === null ? {} : { sub: repo })} />
      <main className="page-body new-chat">
        <div className="page-content">
          <MissingSettings />
          {repo !== null && <RecentChats repo={repo} most={4} />}
          <div className="new-chat-about">
            <p className="new-chat-hint">What should be done?</p>
            <p className="dim">
              It gets a working copy and a branch of its own, from {base ?? 'the default branch'}, freshly
              fetched.
              {repos.data && clone === undefined && repo !== null && ' The repository is cloned first.'}
            </p>
          </div>
        </div>
      </main>
      <div className="dock">
        <Suspense>
          {address !== null && (
            <FromTopic key={address} address={address} isAsked={asked !== null} onBegin={begin} />
          )}
        </Suspense>
        <div className="new-chat-where">
          <Chip label="Repository" value={repo ?? 'choose a repository'} onClick={() => setSheet('repo')} />
          {repo !== null && (
            <Chip label="Begin from" value={base ?? 'default branch'} onClick={() => setSheet('branch')} />
          )}
          {repo !== null && !isCloned && (
            <Suspense>
              <CloneChoice chosen={extent} onChoose={setExtent} />
            </Suspense>
          )}
        </div>
        <Composer
          draft="new"
          placeholder="Describe a task"
          directory={clone?.path}
          repo={repo}
          chat={null}
          model={choices.model}
          onSend={create}
          blocked={repo === null ? 'Choose a repository first.' : undefined}
        >
          <ChoiceChips choices={choices} directory={clone?.path} modelsOf={undefined} />
        </Composer>
      </div>
      <Suspense>
        {sheet === 'repo' && (
          <RepoSheet chosen={repo} onClose={() => setSheet(null)} onChoose={(name) => begin(name, null)} />
        )}
        {sheet === 'branch' && repo !== null && (
          <BranchSheet
            repo={repo}
            chosen={base}
            onClose={() => setSheet(null)}
            onChoose={(branch) => begin(repo, branch)}
          />
        )}
      </Suspense>
    </>
  );
}
