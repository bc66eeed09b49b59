import { describe, expect, it } from 'vitest';
import { type EventState, emptyState } from '@/features/events/state';
import type { Chat } from '@/shared/api/admin';
import { chatStatus, chatTitle } from './status';

const chat = { id: 'ses_1', directory: '/d', state: 'ready', title: null, prompt: null } as Chat;
const at = { directory: '/d', revision: 1 };
const busy: EventState = { ...emptyState, statuses: { ses_1: { ...at, value: { type: 'busy' } } } };

describe('chatStatus', () => {
  it('is what the server does until the chat can be used', () => {
    expect(chatStatus({ ...chat, state: 'cloning' }, busy)).toBe('preparing');
    expect(chatStatus({ ...chat, state: 'failed' }, busy)).toBe('failed');
  });

  it('follows the session', () => {
    expect(chatStatus(chat, emptyState)).toBe('idle');
    expect(chatStatus(chat, busy)).toBe('working');
    expect(chatStatus(chat, { ...emptyState, errors: { ses_1: 'No key.' } })).toBe('failed');
  });

  it('needs you when a subagent in its working copy asks', () => {
    const value = {
      id: 'per_1',
      sessionID: 'ses_child',
      permission: 'bash',
      patterns: [],
      metadata: {},
      always: [],
    };
    expect(chatStatus(chat, { ...busy, permissions: { per_1: { ...at, value } } })).toBe('needs you');
    expect(chatStatus(chat, { ...busy, permissions: { per_1: { ...at, directory: '/other', value } } })).toBe(
      'working',
    );
  });
});

describe('chatTitle', () => {
  it('prefers the session’s title once opencode found one', () => {
    const asked = { ...chat, prompt: 'Fix it\nplease' };
    expect(chatTitle(asked, 'New session - 2026-11-21')).toBe('Fix it');
    expect(chatTitle(asked, 'Fixing the parser')).toBe('Fixing the parser');
    expect(chatTitle(chat, undefined)).toBe('New chat');
  });
});
