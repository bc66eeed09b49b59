// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { render } from '@/testing/render';
import { answers, refuses, withServer } from '@/testing/server';
import { ImportConversation } from './ImportConversation';

withServer();

const conversation = { info: { id: 'ses_1' }, messages: [] };

function pick(content: string) {
  const files = [new File([content], 'chat.json', { type: 'application/json' })];
  fireEvent.change(screen.getByLabelText('Exported conversation'), { target: { files } });
}

it('begins a chat with the file, and goes there', async () => {
  const told: unknown[] = [];
  answers('post', '/admin/chats', ({ body }) => {
    told.push(body);
    return { id: 'ses_new' } as never;
  });
  render(<ImportConversation repo="demo/hello-web" />);
  pick(JSON.stringify(conversation));
  await expect.poll(() => location.pathname).toBe('/chat/ses_new');
  expect(told).toEqual([{ id: expect.stringMatching(/^ses_/), repo: 'demo/hello-web', conversation }]);
});

it('says why a file is not taken', async () => {
  const detail = 'This is no conversation that was exported: nothing was said in it.';
  refuses('post', '/admin/chats', { status: 400, type: 'no-conversation', title: 'No export', detail });
  render(<ImportConversation repo="demo/hello-web" />);
  pick('a letter');
  expect((await screen.findByRole('alert')).textContent).toBe(
    'Not imported. The file is no conversation that was exported.',
  );
  pick(JSON.stringify(conversation));
  await expect.poll(() => screen.getByRole('alert').textContent).toBe(`Not imported. ${detail}`);
  expect(screen.getByRole('button').hasAttribute('disabled')).toBe(false);
});
