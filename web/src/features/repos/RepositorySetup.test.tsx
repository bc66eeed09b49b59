// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { render } from '@/testing/render';
import { answers, refuses, withServer } from '@/testing/server';
import { RepositorySetup } from './RepositorySetup';

withServer();

const path = '/admin/repos/{owner}/{name}/setup';
const nothing = { files: [], copy: [], command: null, follow_repository: true };

it('what is typed is saved whole, and what the repository says is shown', async () => {
  const told: unknown[] = [];
  answers('get', path, () => ({
    settings: nothing,
    committed: { copy: ['.env'], run: 'npm ci' },
    problem: null,
  }));
  answers('put', path, ({ body, url }) => {
    told.push([url.pathname, body]);
    return undefined;
  });
  render(<RepositorySetup repo="demo/tally" />);
  await screen.findByText('npm ci');
  expect(screen.queryByRole('button', { name: 'Save the setup' })).toBeNull();
  fireEvent.click(screen.getByRole('button', { name: /^Add a file/ }));
  const type = (name: string | RegExp, value: string) =>
    fireEvent.change(screen.getByRole('textbox', { name }), { target: { value } });
  type('File 1: path', 'local/.env');
  type('File 1: content', 'A=1\n');
  type(/^Command/, 'make setup');
  fireEvent.click(screen.getByRole('switch', { name: 'Follow .ocweb/setup.json' }));
  fireEvent.click(screen.getByRole('button', { name: 'Save the setup' }));
  await expect
    .poll(() => told)
    .toEqual([
      [
        '/admin/repos/demo/tally/setup',
        {
          files: [{ path: 'local/.env', text: 'A=1\n' }],
          copy: [],
          command: 'make setup',
          follow_repository: false,
        },
      ],
    ]);
});

it('a content whose path was forgotten is refused in words and not dropped', async () => {
  answers('get', path, () => ({ settings: nothing, committed: null, problem: null }));
  refuses('put', path, { status: 422, title: 'No', detail: 'A file needs a path, such as .env.' });
  render(<RepositorySetup repo="demo/tally" />);
  fireEvent.click(await screen.findByRole('button', { name: /^Add a file/ }));
  const content = screen.getByRole('textbox', { name: 'File 1: content' });
  fireEvent.change(content, { target: { value: 'A=1' } });
  fireEvent.click(screen.getByRole('button', { name: 'Save the setup' }));
  expect((await screen.findByRole('alert')).textContent).toContain('needs a path');
  expect(content).toHaveProperty('value', 'A=1');
});

it('a command that ends in a line break counts as saved', async () => {
  const settings = { ...nothing, command: 'npm ci' };
  answers('get', path, () => ({ settings, committed: null, problem: null }));
  render(<RepositorySetup repo="demo/tally" />);
  const command = await screen.findByRole('textbox', { name: /^Command/ });
  fireEvent.change(command, { target: { value: 'npm ci\n' } });
  expect(screen.queryByRole('button', { name: 'Save the setup' })).toBeNull();
});

it('what cannot be saved says why, and stays', async () => {
  answers('get', path, () => ({ settings: nothing, committed: null, problem: 'It cannot be followed.' }));
  refuses('put', path, { status: 422, title: 'No', detail: 'a is named twice.' });
  render(<RepositorySetup repo="demo/tally" />);
  await screen.findByText('It cannot be followed.');
  fireEvent.change(screen.getByRole('textbox', { name: /^Command/ }), { target: { value: 'x' } });
  fireEvent.click(screen.getByRole('button', { name: 'Save the setup' }));
  expect((await screen.findByRole('alert')).textContent).toContain('named twice');
  expect(screen.getByRole('textbox', { name: /^Command/ })).toHaveProperty('value', 'x');
});
