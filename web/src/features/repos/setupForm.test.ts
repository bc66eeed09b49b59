import { expect, it } from 'vitest';
import { pathsOf, settingsOf } from './setupForm';

it('paths are lines, each once', () => {
  expect(pathsOf(' .env \n\n a b\n.env\n')).toEqual(['.env', 'a b']);
});

it('what is empty is not sent', () => {
  const files = [
    { path: ' .env ', text: 'A=1\n' },
    { path: ' ', text: '' },
  ];
  const form = { files, copy: [], copyText: '', command: '  ', follow_repository: true };
  expect(settingsOf(form)).toEqual({
    files: [{ path: '.env', text: 'A=1\n' }],
    copy: [],
    command: null,
    follow_repository: true,
  });
});

it('what was typed is sent as the server keeps it, also a content whose path was forgotten', () => {
  const files = [{ path: ' ', text: 'A=1' }];
  const form = { files, copy: [], copyText: '', command: 'npm ci\n', follow_repository: true };
  expect(settingsOf(form)).toMatchObject({ files: [{ path: '', text: 'A=1' }], command: 'npm ci' });
});
