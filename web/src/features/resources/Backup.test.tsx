// @vitest-environment happy-dom
import { screen, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { useEvents } from '@/features/events/store';
import type { Instance } from '@/shared/api/admin';
import { render } from '@/testing/render';
import { answers, withServer } from '@/testing/server';
import { Backup } from './Backup';

withServer();

const last: NonNullable<Instance['backup']> = {
  last_success_at: '2026-01-02T03:04:05Z',
  size_bytes: 12_000_000,
  not_held: [],
  failed_at: null,
  reason: null,
};

function show(backup: Instance['backup']) {
  answers('get', '/admin/instance', () => ({
    version: '1.0.0',
    opencode_version: null,
    notice: null,
    agent_is_root: null,
    missing: [],
    backup,
  }));
  render(<Backup />);
}

beforeEach(() => {
  localStorage.clear();
  useEvents.setState({ isKnown: true, chats: {} });
});

describe('the backup', () => {
  it('says when the last one was made, and how large it is', async () => {
    show(last);
    expect((await screen.findByTestId('backup')).textContent).toMatch(
      /The last one is of .*2.*, 12\.0 MB\.$/,
    );
    expect(screen.queryByTestId('unheld-work')).toBeNull();
  });

  it('names the work that is not in it, why, and the chat that it is of', async () => {
    const reason = 'Its uncommitted files are 3000 MB, more than is kept.';
    show({
      ...last,
      not_held: [
        { repo: 'demo/hello-web', session_id: 'ses_1', reason },
        { repo: 'demo/hello-web', session_id: null, reason: 'It cannot be read.' },
      ],
    });
    const [ofChat, ofClone] = await screen.findAllByTestId('unheld-work');
    if (!ofChat || !ofClone) throw new Error('both are named');
    expect(screen.getByTestId('backup').textContent).toContain('Uncommitted work that is not in it');
    expect(ofChat.textContent).toBe(`demo/hello-web${reason}`);
    expect(within(ofChat).getByRole('link').getAttribute('href')).toBe('/chat/ses_1');
    expect(ofClone.textContent).toBe('demo/hello-webIt cannot be read.');
    expect(within(ofClone).queryByRole('link')).toBeNull();
  });

  it('says that one failed, also where none ever worked', async () => {
    show({ ...last, last_success_at: null, failed_at: '2026-01-03T03:04:05Z', reason: 'No room.' });
    const text = (await screen.findByTestId('backup')).textContent;
    expect(text).toMatch(/None has worked yet\. One failed .*3.*No room\.$/);
  });
});
