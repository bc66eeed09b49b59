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
