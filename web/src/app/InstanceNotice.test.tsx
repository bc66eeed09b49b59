// @vitest-environment happy-dom
import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { render } from '@/testing/render';
import { answers, withServer } from '@/testing/server';
import { InstanceNotice } from './InstanceNotice';

withServer();

it('says that the last backup failed, in a line that leads to why', async () => {
  answers('get', '/admin/instance', () => ({
    version: '1.0.0',
    opencode_version: null,
    notice: null,
    missing: [],
    agent_is_root: null,
    backup: {
      last_success_at: null,
      size_bytes: 0,
      not_held: [],
      failed_at: '2026-01-03T03:04:05Z',
      reason: 'No room.',
    },
  }));
  render(<InstanceNotice />);
  const line = await screen.findByText('the last backup failed');
  expect(line.parentElement?.textContent).not.toContain('No room');
  expect(screen.getByRole('link', { name: 'details' }).getAttribute('href')).toBe('/resources#backup');
});
