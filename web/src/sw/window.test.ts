import { expect, it } from 'vitest';
import { chooseWindow } from './window';

function open(path: string, visibilityState: 'visible' | 'hidden' = 'hidden', focused = false) {
  return { url: `https://ocweb.example${path}`, visibilityState, focused };
}

it('prefers the window that shows it, then the one that is seen', () => {
  const hidden = open('/');
  const seen = open('/chat/ses_2', 'visible');
  const focused = open('/repos', 'visible', true);
  const same = open('/chat/ses_1');
  expect(chooseWindow([hidden, seen, focused, same], '/chat/ses_1')).toBe(same);
  expect(chooseWindow([hidden, seen, focused], '/chat/ses_1')).toBe(focused);
  expect(chooseWindow([hidden, seen], '/chat/ses_1')).toBe(seen);
  expect(chooseWindow([hidden], '/chat/ses_1')).toBe(hidden);
});

it('leaves windows alone that are not this page', () => {
  const others = [open('/auth/login'), open('/L3Zvbg/session/ses_1', 'visible', true), open('/admin/docs')];
  expect(chooseWindow(others, '/chat/ses_1')).toBeNull();
  expect(chooseWindow([], '/inbox')).toBeNull();
});
