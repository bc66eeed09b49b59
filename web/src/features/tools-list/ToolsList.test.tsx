// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { expect, it } from 'vitest';
import { render } from '@/testing/render';
import { opencodeAnswers, server, withServer } from '@/testing/server';
import { ToolsList } from './ToolsList';

withServer();

it('servers are connected, and everything is listed with its state', async () => {
  opencodeAnswers('get', '/agent', [
    { name: 'build', mode: 'primary', description: 'builds' },
    { name: 'title', mode: 'primary', hidden: true },
  ]);
  opencodeAnswers('get', '/command', [{ name: 'init', description: 'begins', source: 'command' }]);
  let status: object = { status: 'failed', error: 'no such program' };
  server.use(
    http.get('*/mcp', () => HttpResponse.json({ docs: status, mail: { status: 'needs_auth' } })),
    http.post('*/mcp/docs/connect', () => {
      status = { status: 'connected' };
      return HttpResponse.json(true);
    }),
  );
  render(<ToolsList />);
  await screen.findByText('failed: no such program');
  expect(screen.getByText(/opencode mcp auth mail/)).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: 'connect' }));
  await screen.findByRole('button', { name: 'disconnect' });
  expect((await screen.findByTestId('agent')).textContent).toContain('builds');
  expect((await screen.findByTestId('command')).textContent).toContain('/init');
});
