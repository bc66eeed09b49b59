// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import type { GitStat } from '@/shared/api/git';
import type { PullRequest } from '@/shared/api/github';
import type { ChatView } from '@/shared/api/relay';
import { pullRequest } from '@/testing/pullRequest';
import { render } from '@/testing/render';
import { answers, refuses, withServer } from '@/testing/server';
import { PullRequestRow } from './PullRequestRow';

withServer();

const stat: GitStat = {
  id: 'ses_1',
  branch: 'ocweb/x',
  base: 'main',
  ahead: 1,
  behind: 0,
  files: 1,
  additions: 1,
  deletions: 0,
  uncommitted_files: 0,
  conflicts: 0,
  conflicting_files: [],
  operation: null,
  head: 'a1',
  remote: { name: 'ocweb/x', commit: 'a1', ahead: 0, behind: 0, was_here: true },
  state: 'changed',
  measured_at: '2026-01-01T00:00:00Z',
};
const pull: PullRequest = {
  ...pullRequest,
  body: 'Because.',
  head: { branch: 'ocweb/x', commit: 'a1', repo: 'o/r' },
};
const pulls = '/admin/pull-requests/{owner}/{name}' as const;
const refused = { status: 422, title: 'No', detail: 'It is there already.' };

/** What GitHub has. */
let now: PullRequest | null;
/** What was asked for, in order. */
let told: { what: string; body: unknown }[];
let sent: string[];
let proposal: Promise<{ title: string; body: string }>;

beforeEach(() => {
  now = null;
  told = [];
  sent = [];
  proposal = Promise.resolve({ title: 'Proposed', body: 'By the model.' });
  answers('get', pulls, () => ({ pull_request: now }));
  answers('get', '/admin/pull-requests/{owner}/{name}/{number}/checks', () => ({
    commit: 'a1',
    checks: [],
    unreadable: null,
  }));
  answers('get', '/admin/repos/{owner}/{name}/branches', () => ({
    branches: ['main', 'dev'].map((name) => ({ name, default: name === 'main' })),
  }));
  answers('get', '/admin/chats/{id}/log', () => ({ commits: [], truncated: false, base: 'main' }) as never);
  answers('post', '/admin/chats/{id}/proposals/{kind}', () => proposal);
  answers('put', '/admin/chats/{id}/base', ({ body }) => {
    told.push({ what: 'base', body });
    return undefined;
  });
  answers('post', '/admin/chats/{id}/push', ({ body }) => {
    told.push({ what: 'push', body });
    return { branch: 'ocweb/x', commit: 'a1' };
  });
  answers('post', pulls, ({ body }) => {
    told.push({ what: 'open', body });
    now = pull;
    return pull;
  });
  answers('patch', '/admin/pull-requests/{owner}/{name}/{number}', ({ body }) => {
    told.push({ what: 'change', body });
    now = { ...pull, ...(body as Partial<PullRequest>) };
    return now;
  });
  answers('delete', '/admin/pull-requests/{owner}/{name}/{number}/branch', () => {
    told.push({ what: 'delete branch', body: null });
    return undefined;
  });
});

function show(more: Partial<GitStat> = {}) {
  return render(
    <PullRequestRow
      chat={{ id: 'ses_1', base: 'main' } as ChatView}
      repo="o/r"
      branch="ocweb/x"
      stat={{ ...stat, ...more }}
      onSend={async (text) => void sent.push(text)}
      onDelete={() => undefined}
    />,
  );
}
const tap = async (name: string | RegExp) => fireEvent.click(await screen.findByRole('button', { name }));
const field = (name: string) => screen.getByRole<HTMLInputElement>('textbox', { name });
/** Opens it: the button of the sheet, which is the last of that name. */
const open = () => {
  const button = screen.getAllByRole('button', { name: 'Open pull request' }).at(-1);
  if (button) fireEvent.click(button);
};
const opens = { title: 'Proposed', body: 'By the model.', base: 'main', draft: false, head: 'ocweb/x' };

it('what was changed by hand stays, and the rest is as the model proposes', async () => {
  let propose: (words: { title: string; body: string }) => void = () => undefined;
  proposal = new Promise((done) => (propose = done));
  show();
  await tap('Open pull request');
  fireEvent.click(await screen.findByRole('switch', { name: 'Draft' }));
  propose({ title: 'Proposed', body: 'By the model.' });
  await expect.poll(() => field('Title').value).toBe('Proposed');
  open();
  await screen.findByTestId('pull-facts');
  expect(told).toEqual([{ what: 'open', body: { ...opens, draft: true } }]);
});

it('what is not pushed is pushed first', async () => {
  show({ remote: null });
  await tap('Open pull request');
  await expect.poll(() => field('Title').value).toBe('Proposed');
  open();
  await screen.findByTestId('pull-facts');
  expect(told.map(({ what }) => what)).toEqual(['push', 'open']);
});

it('commits of others at GitHub are no reason to push', async () => {
  show({ remote: { name: 'ocweb/x', commit: 'b2', ahead: 0, behind: 1, was_here: false } });
  await tap('Open pull request');
  await expect.poll(() => field('Title').value).toBe('Proposed');
  open();
  await screen.findByTestId('pull-facts');
  expect(told.map(({ what }) => what)).toEqual(['open']);
});

it('the branch to merge into becomes the base of the chat', async () => {
  show();
  await tap('Open pull request');
  await screen.findByRole('option', { name: 'dev' });
  await expect.poll(() => field('Title').value).toBe('Proposed');
  fireEvent.change(screen.getByRole('combobox', { name: 'Merge into' }), { target: { value: 'dev' } });
  open();
  await screen.findByTestId('pull-facts');
  expect(told).toEqual([
    { what: 'base', body: { base: 'dev' } },
    { what: 'open', body: { ...opens, base: 'dev' } },
  ]);
});

it('one that was made though its answer never came is shown', async () => {
  show();
  await tap('Open pull request');
  await expect.poll(() => field('Title').value).toBe('Proposed');
  refuses('post', pulls, refused);
  open();
  await screen.findByText('Not opened. It is there already.');
  now = pull;
  open();
  await screen.findByTestId('pull-facts');
});

it('why it could not be pushed is said with the way out', async () => {
  show({ remote: null });
  await tap('Open pull request');
  await expect.poll(() => field('Title').value).toBe('Proposed');
  const push = '/admin/chats/{id}/push';
  const problem = { status: 409, title: 'No', detail: 'No.' };
  refuses('post', push, { ...problem, type: 'push-diverged' });
  open();
  const link = await screen.findByRole('link', { name: 'Show the changes' });
  expect(link.getAttribute('href')).toBe('/chat/ses_1/diff');
  refuses('post', push, { ...problem, type: 'push-hook-refused', said: 'tests: 1 failed' });
  open();
  await screen.findByText('tests: 1 failed');
  await tap('Have the agent put it right');
  await expect.poll(() => sent[0]).toContain('tests: 1 failed');
});

it('another one can follow a merged one, for what was committed since', async () => {
  now = { ...pull, state: 'merged' };
  const { unmount } = show();
  await screen.findByText('#12 merged');
  expect(screen.queryByRole('button', { name: /^Open pull request/ })).toBe(null);
  unmount();
  show({ head: 'b2' });
  await screen.findByText('#12 merged');
  screen.getByRole('button', { name: /^Open pull request/ });
});

it('only what was changed here is saved, whatever others changed meanwhile', async () => {
  now = pull;
  const { client } = show();
  fireEvent.click(await screen.findByTestId('pull-request'));
  await tap('Edit');
  fireEvent.change(field('Title'), { target: { value: 'Two' } });
  now = { ...pull, body: 'Others know better.', state: 'draft' };
  await client.refetchQueries({ queryKey: ['pull-request'] });
  await tap('Save');
  await expect.poll(() => told).toEqual([{ what: 'change', body: { title: 'Two' } }]);
});

it('the branch of one that was not merged is deleted only after a question', async () => {
  now = { ...pull, state: 'closed' };
  show();
  fireEvent.click(await screen.findByTestId('pull-request'));
  await tap('Delete the branch at GitHub');
  screen.getByText(/^It was not merged/);
  expect(told).toEqual([]);
  await tap('Delete it all the same');
  await screen.findByText('The branch at GitHub is deleted');
  expect(told).toEqual([{ what: 'delete branch', body: null }]);
});

it('without a token nobody is told of a pull request that cannot be known', async () => {
  refuses('get', pulls, { status: 503, type: 'github-token-missing', title: 'No', detail: 'No token.' });
  const { client, container } = show();
  await expect.poll(() => client.isFetching()).toBe(0);
  expect(container.textContent).toBe('');
  refuses('get', pulls, { status: 502, title: 'No', detail: 'GitHub is down.' });
  await client.refetchQueries({ queryKey: ['pull-request'] });
  await screen.findByText('Its pull request is not known. GitHub is down.');
});
