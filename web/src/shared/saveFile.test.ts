import { expect, it } from 'vitest';
import { fileNameOf } from './saveFile';

it.each([
  ['Fix the login', 'Fix-the-login'],
  ['../../etc/passwd: “no”', 'etc-passwd-no'],
  ['größe 日本', 'größe-日本'],
  ['!?', 'ses_1'],
  ['', 'ses_1'],
  ['long '.repeat(40), `${'long-'.repeat(11)}long`],
])('a file of %j is called %j', (title, name) => {
  expect(fileNameOf(title, 'ses_1')).toBe(name);
});
