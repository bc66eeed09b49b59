// @vitest-environment happy-dom
import { fireEvent, screen, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { beforeEach, expect, it } from 'vitest';
import type { GitStat } from '@/shared/api/git';
import type { Check, PullRequest } from '@/shared/api/github';
import type { ChatView } from '@/shared/api/relay';
import { pullRequest as pull } from '@/testing/pullRequest';
import { render } from '@/testing/render';
import { answers, refuses, server, withServer } from '@/testing/server';
import { PullRequestRow } from './PullRequestRow';

withServer();
beforeEach(() => localStorage.clear());

const of = '/admin/pull-requests/{owner}/{name}';
const one = '/admin/pull-requests/{owner}/{name}/{number}';
const check = (name: string, state: Check['state']): Check => ({ name, state, note: null, url: null });

let sent: string[] = [];

/** The row of a chat whose branch is ahead. */
function show(): void {
  sent = [];
  const stat = { ahead: 1, uncommitted_files: 0, head: 'a1', remote: { commit: 'a1' } } as GitStat;
  render(
    <PullRequestRow
      chat={{ id: 'ses_1', base: 'main' } as ChatView}
      repo="o/r"
      branch="ocweb/one"
      stat={stat}
      onSend={async (text) => {
        sent.push(text);
      }}
      onDelete={() => {}}
    />,
  );
}

function serve(now: PullRequest, ...checks: Check[]): void {
  answers('get', of, () => ({ pull_request: now }));
  answers('get', `${one}/checks`, () => ({ commit: 'abcd', checks, unreadable: null }));
}

async function open(): Promise<void> {
  fireEvent.click(await screen.findByTestId('pull-request'));
}

// As github-gateway words what GitHub answers with 401, 403, 404, 422 and 429.
it.each([
  [
    502,
    'github-unauthorized',
    'GitHub does not take GITHUB_TOKEN for reading the pull request (401): it is wrong or has expired. Set a new one.',
  ],
  [
    502,
    'github-forbidden',
    'GitHub refuses reading the pull request (403). GITHUB_TOKEN has the scopes gist; it needs one of: repo.',
  ],
  [
    404,
    'github-not-found',
    'GitHub found nothing (404) while reading the pull request: it is not there, or GITHUB_TOKEN may not see it.',
  ],
  [429, 'github-rate-limited', 'GitHub has had too many requests (429). Try again in 50 minutes.'],
])(
  'what GitHub answers is read on the row, and asked again on demand: %i %s',
  async (status, type, detail) => {
    refuses('get', of, { status, type, title: 'GitHub failed', detail });
    show();
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain(`Its pull request is not known. ${detail}`);
    serve(pull);
    fireEvent.click(within(alert).getByRole('button', { name: 'Retry' }));
    await screen.findByText('#12 open');
  },
);

it('what GitHub refuses to change is said, and what was typed stays', async () => {
  serve(pull);
  answers('get', '/admin/repos/{owner}/{name}/branches', () => ({ branches: [] }));
  const detail =
    'GitHub refuses changing the pull request: Draft pull requests are not supported in this repository.';
  const problem = { type: 'github-refused', title: 'GitHub failed', detail };
  server.use(http.patch('*/admin/pull-requests/o/r/12', () => HttpResponse.json(problem, { status: 422 })));
  show();
  await open();
  fireEvent.click(screen.getByRole('button', { name: 'Edit' }));
  fireEvent.change(screen.getByLabelText('Title'), { target: { value: 'Uno' } });
  fireEvent.click(screen.getByRole('button', { name: 'Save' }));
  expect((await screen.findByRole('alert')).textContent).toContain(`Not saved. ${detail}`);
  expect(screen.getByDisplayValue('Uno')).toBeTruthy();
});

it('a pull request whose branch was deleted is closed, and another can be opened', async () => {
  serve({ ...pull, state: 'closed', mergeable: 'unknown' });
  show();
  await screen.findByText('#12 closed');
  expect(screen.getByRole('button', { name: /Open pull request/ })).toBeTruthy();
  await open();
  expect((await screen.findByTestId('pull-facts')).textContent).toBe('closed');
});

it('checks that pass meanwhile are no prompt', async () => {
  serve(pull, check('test', 'failed'));
  answers('get', `${one}/failures`, () => ({ commit: 'abcd', failed: 0, failures: [] }));
  show();
  await open();
  serve(pull, check('test', 'passed'));
  fireEvent.click(await screen.findByRole('button', { name: 'Send failing checks to the agent' }));
  await screen.findByText('No check fails any more: nothing was sent.');
  expect(sent).toEqual([]);
});

it('what failing checks say is sent', async () => {
  serve(pull, check('test', 'failed'));
  const failure = { name: 'test', note: null, url: null, summary: 'No.', annotations: [], log: null };
  answers('get', `${one}/failures`, () => ({ commit: 'abcd', failed: 1, failures: [failure] }));
  show();
  await open();
  fireEvent.click(await screen.findByRole('button', { name: 'Send failing checks to the agent' }));
  await expect.poll(() => sent.length).toBe(1);
  expect(sent[0]).toContain('A check of pull request #12 fails.');
});
