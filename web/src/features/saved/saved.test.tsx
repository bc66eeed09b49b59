// @vitest-environment happy-dom
import { fireEvent, screen, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { deleting, type SavedWork } from '@/shared/api/deleting';
import type { Schema } from '@/shared/api/schema';
import type { DeletionReason } from '@/shared/deletion';
import { noteSaved } from '@/shared/justSaved';
import { DeleteSheet } from '@/shared/ui/DeleteSheet';
import { render } from '@/testing/render';
import { answers, refuses, withServer } from '@/testing/server';
import SavedBar from './SavedBar';
import { SavedWorks } from './SavedWorks';

withServer();

const work: SavedWork = {
  id: 'saved_1',
  kind: 'chat',
  repo: 'demo/hello-web',
  session_id: 'ses_1',
  title: 'The button',
  branch: 'ocweb/the-button',
  base: 'main',
  commits: 2,
  files: 1,
  stashes: 0,
  size_bytes: 1200,
  saved_at: '2026-11-21T10:00:00Z',
  until: '2026-12-21T10:00:00Z',
};

beforeEach(() => noteSaved([]));

const nothing = () => undefined;

describe('saved work', () => {
  it('is listed with what is in it, restored, and removed after a question', async () => {
    let saved = [work, { ...work, id: 'saved_2', kind: 'clone' as const }];
    const take = (id: string) => {
      saved = saved.filter((each) => each.id !== id);
    };
    answers('get', '/admin/saved', () => ({ saved, unreadable: [] }));
    answers('post', '/admin/saved/{id}/restore', () => {
      take('saved_1');
      return { repo: 'demo/hello-web', session_id: 'ses_1', branch: 'ocweb/the-button' };
    });
    answers('delete', '/admin/saved/{id}', () => {
      take('saved_2');
      return undefined;
    });
    render(<SavedWorks />);
    const [row] = await screen.findAllByTestId('saved-work');
    expect(row?.textContent).toContain('2 commits · 1 file · 1.2 kB · until Dec 21');
    fireEvent.click(screen.getByRole('button', { name: 'Restore The button' }));
    await expect.poll(() => screen.queryAllByTestId('saved-work').length).toBe(1);
    fireEvent.click(screen.getByRole('button', { name: 'Remove clone of demo/hello-web for good' }));
    fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Remove it' }));
    await expect.poll(() => screen.queryAllByTestId('saved-work').length).toBe(0);
  });

  it('is offered after a deletion, until it is back or the offer is hidden', async () => {
    answers('delete', '/admin/chats/{id}', () => ({ saved: [work] }));
    render(
      <>
        <SavedBar />
        <DeleteSheet
          title="Delete?"
          remove={(terms) => deleting.chat('ses_1', terms)}
          onClose={nothing}
          onDeleted={nothing}
        >
          It
        </DeleteSheet>
      </>,
    );
    expect(screen.queryByTestId('just-saved')).toBeNull();
    fireEvent.click(screen.getByRole('button', { name: 'Delete' }));
    const offer = await screen.findByTestId('just-saved');
    expect(offer.textContent).toContain('saved until Dec 21');
    refuses('post', '/admin/saved/{id}/restore', { status: 409, title: 'Conflict', detail: 'It is there.' });
    fireEvent.click(within(offer).getByRole('button', { name: 'Undo' }));
    await expect.poll(() => offer.textContent).toContain('Not restored. It is there.');
    fireEvent.click(within(offer).getByRole('button', { name: 'hide' }));
    expect(screen.queryByTestId('just-saved')).toBeNull();
  });

  it('of which a part came back goes on with the rest', async () => {
    const asked: (string | undefined)[] = [];
    const isBack = ({ url }: { url: URL }) => {
      asked.push(url.pathname.split('/')[3]);
      return { repo: 'demo/hello-web', session_id: 'ses_1', branch: 'ocweb/the-button' };
    };
    answers('post', '/admin/saved/{id}/restore', (request) => {
      refuses('post', '/admin/saved/{id}/restore', {
        status: 409,
        title: 'Conflict',
        detail: 'It is there.',
      });
      return isBack(request);
    });
    noteSaved([work, { ...work, id: 'saved_2', kind: 'clone' }]);
    render(<SavedBar />);
    const offer = await screen.findByTestId('just-saved');
    fireEvent.click(within(offer).getByRole('button', { name: 'Undo' }));
    await expect.poll(() => offer.textContent).toContain('Not restored. It is there.');
    answers('post', '/admin/saved/{id}/restore', isBack);
    fireEvent.click(within(offer).getByRole('button', { name: 'Undo' }));
    await expect.poll(() => screen.queryByTestId('just-saved')).toBeNull();
    expect(asked).toEqual(['saved_1', 'saved_2']);
  });

  it('whose record cannot be read is shown, and can be removed', async () => {
    const unreadable = { id: 'saved_9', size_bytes: 1200, saved_at: work.saved_at, until: work.until };
    let list: Schema<'SavedWorkList'> = { saved: [], unreadable: [unreadable] };
    answers('get', '/admin/saved', () => list);
    answers('delete', '/admin/saved/{id}', () => {
      list = { saved: [], unreadable: [] };
      return undefined;
    });
    render(<SavedWorks />);
    const row = await screen.findByTestId('unreadable-work');
    expect(row.textContent).toContain('its record cannot be read · 1.2 kB · until Dec 21');
    fireEvent.click(screen.getByRole('button', { name: 'Remove saved_9 for good' }));
    fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Remove it' }));
    await expect.poll(() => screen.queryByTestId('unreadable-work')).toBeNull();
  });

  it('that cannot be saved is deleted only when that is said', async () => {
    const problem = { status: 507, type: 'not-saved', title: 'Not saved', detail: 'The disk is full.' };
    refuses('delete', '/admin/chats/{id}', problem);
    let isDone = false;
    render(
      <DeleteSheet
        title="Delete?"
        remove={(terms) => deleting.chat('ses_1', terms)}
        onClose={nothing}
        onDeleted={() => {
          isDone = true;
        }}
      >
        It
      </DeleteSheet>,
    );
    fireEvent.click(screen.getByRole('button', { name: 'Delete' }));
    const unsaved = await screen.findByRole('button', { name: 'Delete without saving' });
    expect(screen.getByRole('alert').textContent).toBe('The disk is full.');
    let asked: string | null = null;
    answers('delete', '/admin/chats/{id}', ({ url }) => {
      asked = url.searchParams.get('unsaved');
      return { saved: [] };
    });
    fireEvent.click(unsaved);
    await expect.poll(() => isDone).toBe(true);
    expect(asked).toBe('true');
  });

  it('accepts all that was shown, where one part after another is refused', async () => {
    const reason = (kind: DeletionReason['kind'], count: number) => ({
      kind,
      count,
      detail: `${count} ${kind}`,
    });
    const refusal = { status: 409, type: 'deletion-refused', title: 'Refused', detail: 'It is not deleted.' };
    const [worktree, file] = [reason('worktrees-exist', 1), reason('uncommitted-changes', 2)];
    refuses('delete', '/admin/repos/{owner}/{name}', { ...refusal, reasons: [worktree, file] });
    let isDone = false;
    render(
      <DeleteSheet
        title="Delete?"
        remove={(terms) => deleting.repo('demo/hello-web', terms)}
        onClose={nothing}
        onDeleted={() => {
          isDone = true;
        }}
      >
        It
      </DeleteSheet>,
    );
    fireEvent.click(screen.getByRole('button', { name: 'Delete' }));
    const again = await screen.findByRole('button', { name: 'Delete anyway' });
    const commits = [reason('uncommitted-changes', 1), reason('unpushed-commits', 3)];
    refuses('delete', '/admin/repos/{owner}/{name}', { ...refusal, reasons: commits });
    fireEvent.click(again);
    await expect.poll(() => screen.getByRole('alert').textContent).toContain('new: 3 unpushed-commits');
    let accepted: string | null = null;
    answers('delete', '/admin/repos/{owner}/{name}', ({ url }) => {
      accepted = url.searchParams.get('accept');
      return { saved: [] };
    });
    fireEvent.click(await screen.findByRole('button', { name: 'Delete anyway' }));
    await expect.poll(() => isDone).toBe(true);
    expect(accepted).toBe('worktrees-exist:1,uncommitted-changes:2,unpushed-commits:3');
  });
});
