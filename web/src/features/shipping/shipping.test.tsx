// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
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
let now: GitStat = stat({});

/** A server whose chat is as `now` says. */
function serve(proposal: Promise<{ title: string; body: string }>): void {
  told = [];
  handedOver = [];
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
    now = stat({ uncommitted_files: 0, ahead: 1 });
    return { id: 'b2' };
  });
  answers('post', '/admin/chats/{id}/push', ({ body }) => {
    told.push({ what: 'push', body });
    now = stat({
      uncommitted_files: 0,
      ahead: 1,
      remote: { name: 'ocweb/x', commit: 'a1', ahead: 0, behind: 0 },
    });
    return { branch: 'ocweb/x', commit: 'a1' };
  });
}

const show = () =>
  render(
    <ShippingBar chat="ses_1" onHandOver={async (prompt) => void handedOver.push(prompt)}>
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
  serve(Promise.resolve(said));
  await tap('Commit without hooks');
  await expect.poll(() => told[0]?.body).toMatchObject({ skip_hooks: true });
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
  expect(asked).toEqual([{ how: 'rebase' }, { how: 'merge' }]);
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

it('the branch at GitHub is replaced only after it was said, and only the commit that was shown', async () => {
  const remote = { name: 'ocweb/x', commit: 'c3', ahead: 1, behind: 2 };
  now = stat({ uncommitted_files: 0, ahead: 1, remote });
  serve(Promise.resolve(said));
  show();
  await tap('Push…');
  await screen.findByText(/has 2 commits that this working copy does not have/);
  await tap('Replace it');
  await expect.poll(() => told).toEqual([{ what: 'push', body: { replacing: 'c3' } }]);
});
