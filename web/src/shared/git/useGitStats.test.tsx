// @vitest-environment happy-dom
import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { GitStat } from '@/shared/api/git';
import { render } from '@/testing/render';
import { answers, withServer } from '@/testing/server';
import { useGitStats } from './useGitStats';

withServer();

const stat: GitStat = {
  id: 'ses_1',
  branch: 'ocweb/task',
  base: 'main',
  ahead: 0,
  behind: 0,
  files: 0,
  additions: 0,
  deletions: 0,
  uncommitted_files: 0,
  conflicts: 0,
  conflicting_files: [],
  operation: null,
  head: null,
  remote: null,
  state: 'clean',
  measured_at: '2026-01-01T00:00:00Z',
};

function Additions() {
  return <p>{useGitStats().get('ses_1')?.additions ?? 'unknown'}</p>;
}

it('shows what was measured last until every working copy has been looked at', async () => {
  let allLookedAt = () => {};
  const looked = new Promise<void>((resolve) => {
    allLookedAt = resolve;
  });
  answers('get', '/admin/chats/git', async ({ url }) => {
    if (url.searchParams.get('known') === 'true') return { chats: [{ ...stat, additions: 1 }] };
    await looked;
    return { chats: [{ ...stat, additions: 2 }] };
  });
  render(<Additions />);
  expect(await screen.findByText('1')).toBeDefined();
  allLookedAt();
  expect(await screen.findByText('2')).toBeDefined();
});
