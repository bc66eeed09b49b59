import { describe, expect, it } from 'vitest';
import type { ChatView } from './api/relay';
import { chatTitle, viewTitle } from './chatTitle';

describe('chatTitle', () => {
  it('is the title, else what was asked, and never what opencode calls every session', () => {
    expect(chatTitle('Fix it', 'please')).toBe('Fix it');
    expect(chatTitle('New session - 2026-01-01', 'please\nnow')).toBe('please');
    expect(chatTitle(null, undefined)).toBe('New chat');
    expect(chatTitle('', ' ')).toBe('New chat');
  });

  it('is the first prompt that waits, where the server has no title yet', () => {
    const prompts = [{ text: '\nFix it\nplease' }] as ChatView['prompts'];
    expect(viewTitle({ title: null, prompts } as ChatView)).toBe('Fix it');
  });
});
