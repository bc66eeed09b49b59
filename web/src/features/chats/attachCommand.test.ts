import { expect, it } from 'vitest';
import { attachCommand } from './attachCommand';

it('is one line for any shell', () => {
  expect(attachCommand('https://me.example', 'ses_1', '/vol/w/o__n__ses_1')).toBe(
    'opencode attach https://me.example --session ses_1 --dir /vol/w/o__n__ses_1 --password YOUR_TOKEN',
  );
});

it('keeps a folder with any name one word', () => {
  expect(attachCommand('http://[::1]:8080', 'ses_1', "/a b/it's; rm")).toBe(
    `opencode attach 'http://[::1]:8080' --session ses_1 --dir '/a b/it'\\''s; rm' --password YOUR_TOKEN`,
  );
});
