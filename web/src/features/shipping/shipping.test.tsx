// @vitest-environment happy-dom
import { cleanup, fireEvent, screen } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import type { Diff, GitStat } from '@/shared/api/git';
import { render } from '@/testing/render';
import { answers, refuses, withServer } from '@/testing/server';
import { ShippingBar } from './ShippingBar';

withServer();
beforeEach(() => localStorage.clear());

const stat = (more: Partial<GitStat>): GitStat => ({
  id: 'ses_1',
  branch: 'ocweb/x',
  base: 'main',
  ahead: 0,
  behind: 0,
  files: 2,
  additions: 1,
  deletions: 0,
  uncommitted_files: 2,
  conflicts: 0,
  conflicting_files: [],
  operation: null,
  head: 'a1',
  remote: null,
  state: 'changed',
  measured_at: '2026-01-01T00:00:00Z',
  ...more,
});
const file = (path: string) => ({
  path,
  old_path: null,
  status: 'modified' as const,
  additions: 1,
  deletions: 0,
  binary: false,
  patch: null,
  truncated: false,
});
const diff: Diff = {
  against: 'head',
  base: 'main',
  from: 'a1',
  files: [file('a.ts'), file('b.ts')],
  truncated: false,
};

/** What the server was asked to do. */
let told: { what: string; body: unknown }[] = [];
let handedOver: string[] = [];
let handOver: (prompt: string) => Promise<void>;
let now: GitStat = stat({});

/** A server whose chat is as `now` says. */
function serve(proposal: Promise<{ title: string; body: string }>): void {
  told = [];
  handedOver = [];
  handOver = async (prompt) => void handedOver.push(prompt);
  answers('get', '/admin/chats/{id}/git', () => now);
  answers('get', '/admin/chats/{id}/diff', () => diff);
  answers('get', '/admin/chats/authorship', () => ({
    author: null,
    co_author: null,
    default_author: { name: 'ada', email: 'ada@users.noreply.github.com' },
  }));
  answers('post', '/admin/chats/{id}/proposals/{kind}', () => proposal);
  answers('post', '/admin/chats/{id}/commits', ({ body }) => {
    told.push({ what: 'commit', body });
    const chosen = (body as { files?: string[] }).files;
    now = stat({ uncommitted_files: chosen ? 2 - chosen.length : 0, ahead: 1 });
    return { id: 'b2' };
  });
  answers('post', '/admin/chats/{id}/push', ({ body }) => {
    told.push({ what: 'push', body });
    now = stat({
      uncommitted_files: 0,
      ahead: 1,
      remote: { name: 'ocweb/x', commit: 'a1', ahead: 0, behind: 0, was_here: true },
    });
    return { branch: 'ocweb/x', commit: 'a1' };
  });
}

const show = () =>
  render(
    <ShippingBar chat="ses_1" onHandOver={(prompt) => handOver(prompt)}>
      <span>what follows</span>
    </ShippingBar>,
  );
const box = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Message of the commit' });
const tap = async (name: string | RegExp) => fireEvent.click(await screen.findByRole('button', { name }));
const said = { title: 'Change two files', body: 'Because.' };

it('one step leads to the next: commit with the proposed message, push, what follows', async () => {
  now = stat({});
  serve(Promise.resolve(said));
  show();
  await tap('Commit…');
  await expect.poll(() => box().value).toBe('Change two files\n\nBecause.');
  await screen.findByText('by ada <ada@users.noreply.github.com>');
  await tap('Commit 2 files');
  await screen.findByText('1 commit not pushed');
  await tap('Push');
  await screen.findByText('all pushed');
  screen.getByText('what follows');
  expect(told).toEqual([
    { what: 'commit', body: { message: 'Change two files\n\nBecause.' } },
    { what: 'push', body: {} },
  ]);
});

it('what was typed is never replaced unasked, and is there again', async () => {
  now = stat({});
  let propose: (proposal: typeof said) => void = () => undefined;
  serve(new Promise((done) => (propose = done)));
  const { unmount } = show();
  await tap('Commit…');
  await screen.findByText(/proposing a message/);
  fireEvent.change(box(), { target: { value: 'My own' } });
  propose(said);
  await screen.findByRole('button', { name: 'Use the proposed message' });
  expect(box().value).toBe('My own');
  unmount();
  show();
  await tap('Commit…');
  expect(box().value).toBe('My own');
  await tap('Propose a message');
  await tap('Use the proposed message');
  expect(box().value).toBe('Change two files\n\nBecause.');
});

it('the chosen files alone are committed, and without a model one types', async () => {
  now = stat({});
  serve(Promise.resolve(said));
  const why = { status: 502, type: 'no-proposal', title: 'No', detail: 'No model. Write your own.' };
  refuses('post', '/admin/chats/{id}/proposals/{kind}', why);
  show();
  await tap('Commit…');
  await screen.findByText('No model. Write your own.');
  fireEvent.change(box(), { target: { value: 'Mine' } });
  fireEvent.click(await screen.findByRole('checkbox', { name: 'b.ts' }));
  await tap('Commit 1 file');
  await expect.poll(() => told).toEqual([{ what: 'commit', body: { message: 'Mine', files: ['a.ts'] } }]);
  // The one that is left keeps nobody from pushing what was committed.
  await screen.findByText('1 file not committed, 1 commit not pushed');
  screen.getByRole('button', { name: 'Commit…' });
  await tap('Push');
  await expect.poll(() => told.at(-1)).toEqual({ what: 'push', body: {} });
});

it('a hook that refuses is shown, and can be left out or handed to the agent', async () => {
  now = stat({});
  serve(Promise.resolve(said));
  const problem = { status: 409, type: 'commit-refused', title: 'No', detail: 'A hook refuses it.' };
  refuses('post', '/admin/chats/{id}/commits', { ...problem, said: 'lint: a.ts' });
  show();
  await tap('Commit…');
  await tap('Commit 2 files');
  await screen.findByText('lint: a.ts');
  await tap('Have the agent put it right');
  await expect.poll(() => handedOver[0]).toContain('lint: a.ts');
  handOver = () => Promise.reject(new Error('No room is left.'));
  await tap('Have the agent put it right');
  await screen.findByText(/^Not handed over\. No room is left/);
  serve(Promise.resolve(said));
  await tap('Commit without hooks');
  // Nothing else was allowed.
  await expect
    .poll(() => told[0]?.body)
    .toEqual({ message: 'Change two files\n\nBecause.', skip_hooks: true });
});

it('a hook that refuses a push is handed to the agent', async () => {
  now = stat({ uncommitted_files: 0, ahead: 1 });
  serve(Promise.resolve(said));
  const problem = { status: 409, type: 'push-hook-refused', title: 'No', detail: 'A hook refuses it.' };
  refuses('post', '/admin/chats/{id}/push', { ...problem, said: 'tests: 1 failed' });
  show();
  await tap('Push');
  await screen.findByText('tests: 1 failed');
  await tap('Have the agent put it right');
  await expect.poll(() => handedOver[0]).toMatch(/refused to push.*\n\ntests: 1 failed$/);
});

it('the branch is updated from its base, and that there was nothing to do is said', async () => {
  now = stat({ uncommitted_files: 0, ahead: 1 });
  serve(Promise.resolve(said));
  const asked: unknown[] = [];
  answers('post', '/admin/chats/{id}/update', ({ body }) => {
    asked.push(body);
    return { result: asked.length === 1 ? 'up_to_date' : 'updated' };
  });
  show();
  await tap('Update…');
  await tap(/^Rebase onto main/);
  await screen.findByText(/^Nothing new/);
  await tap(/^Merge main into it/);
  await expect.poll(() => screen.queryByRole('dialog')).toBe(null);
  expect(asked).toEqual([
    { how: 'rebase', from: 'base' },
    { how: 'merge', from: 'base' },
  ]);
});

it('files that are not committed leave it to the server whether the branch can be updated', async () => {
  now = stat({ uncommitted_files: 1 });
  serve(Promise.resolve(said));
  const detail = '1 file is not committed. Commit it first.';
  refuses('post', '/admin/chats/{id}/update', { status: 409, type: 'not-committed', title: 'No', detail });
  show();
  await tap('Update…');
  await tap(/^Rebase onto main/);
  await screen.findByText(`Not updated. ${detail}`);
});

it('conflicts are shown with the ways out', async () => {
  now = stat({ operation: 'rebase', conflicts: 1, conflicting_files: ['a.ts'], state: 'conflicts' });
  serve(Promise.resolve(said));
  let isAborted = false;
  answers('delete', '/admin/chats/{id}/update', () => {
    isAborted = true;
    now = stat({ uncommitted_files: 0, ahead: 1 });
    return undefined;
  });
  show();
  await screen.findByText('1 conflict, in the middle of a rebase');
  await tap('Resolve…');
  screen.getByRole('link', { name: 'a.ts' });
  await tap('Hand it to the agent');
  await expect.poll(() => handedOver[0]).toContain('- a.ts');
  await tap('Abort the rebase');
  expect(isAborted).toBe(false);
  await tap(/^Abort, and lose/);
  await screen.findByText('1 commit not pushed');
});

it('what git cannot go on with has no such button', async () => {
  now = stat({ operation: 'bisect', uncommitted_files: 0 });
  serve(Promise.resolve(said));
  show();
  await tap('Resolve…');
  await tap('Abort the bisect');
  screen.getByRole('button', { name: 'Abort, and go back to the branch' });
  expect(screen.queryByRole('button', { name: /^Finish/ })).toBe(null);
  cleanup();
  now = stat({ operation: null, conflicts: 1, conflicting_files: ['a.ts'], state: 'conflicts' });
  show();
  await tap('Resolve…');
  await screen.findByRole('dialog', { name: 'Files in conflict' });
  screen.getByRole('button', { name: 'Hand it to the agent' });
  expect(screen.queryByRole('button', { name: /^(Finish|Abort)/ })).toBe(null);
});

/** What the server is asked to bring in, and then is as `after` says. */
function updates(after: Partial<GitStat>): unknown[] {
  const asked: unknown[] = [];
  answers('post', '/admin/chats/{id}/update', ({ body }) => {
    asked.push(body);
    now = stat({ uncommitted_files: 0, ...after });
    return { result: 'updated' };
  });
  return asked;
}

it('what others added at GitHub is brought in first, and replaced only after a question', async () => {
  const remote = { name: 'ocweb/x', commit: 'c3', ahead: 1, behind: 2, was_here: false };
  now = stat({ uncommitted_files: 0, ahead: 1, remote });
  serve(Promise.resolve(said));
  const asked = updates({ ahead: 3, remote: { ...remote, ahead: 2, behind: 0 } });
  show();
  await tap('Sync…');
  await screen.findByText(/has 2 commits that this branch does not have\. Somebody else/);
  await tap('Replace it by what is here');
  expect(told).toEqual([]);
  screen.getByRole('button', { name: 'Replace it, and lose 2 commits' });
  await tap(/^Merge them into it/);
  await screen.findByText('2 commits not pushed');
  expect(asked).toEqual([{ how: 'merge', from: 'own_branch' }]);
  expect(screen.queryByRole('dialog')).toBe(null);
});

it('after a rebase the branch at GitHub is replaced, and only the commit that was shown', async () => {
  const remote = { name: 'ocweb/x', commit: 'c3', ahead: 1, behind: 2, was_here: true };
  now = stat({ uncommitted_files: 0, ahead: 1, remote });
  serve(Promise.resolve(said));
  show();
  await tap('Sync…');
  await screen.findByText(/had all of it before/);
  await tap('Replace it');
  await expect.poll(() => told).toEqual([{ what: 'push', body: { replacing: 'c3' } }]);
});

it('where only GitHub has more, it is pulled with one tap', async () => {
  const remote = { name: 'ocweb/x', commit: 'c3', ahead: 0, behind: 1, was_here: false };
  now = stat({ uncommitted_files: 0, ahead: 1, remote });
  serve(Promise.resolve(said));
  const asked = updates({ ahead: 2, remote: { ...remote, behind: 0 } });
  show();
  await screen.findByText('GitHub has 1 commit more');
  await tap('Pull');
  await screen.findByText('all pushed');
  expect(asked).toEqual([{ how: 'merge', from: 'own_branch' }]);
});
