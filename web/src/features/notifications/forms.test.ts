import { describe, expect, it } from 'vitest';
import {
  discordChange,
  inventTopic,
  ntfyChange,
  ntfyDraft,
  offsetName,
  offsetOf,
  secretChange,
  webhookChange,
} from './forms';

describe('a secret', () => {
  it('is kept by not being there, removed by null, and replaced by what was typed', () => {
    expect(secretChange('token', undefined)).toEqual({});
    expect('token' in secretChange('token', '  ')).toBe(false);
    expect(secretChange('token', null)).toEqual({ token: null });
    expect(secretChange('token', ' tk_1 ')).toEqual({ token: 'tk_1' });
  });

  it('is never part of a draft that begins from the settings', () => {
    const saved = { enabled: true, server: 'https://ntfy.sh', topic: 't', token_set: true, actions: true };
    expect(ntfyChange(ntfyDraft(saved))).toEqual({
      ntfy: { enabled: true, server: 'https://ntfy.sh', topic: 't', actions: true },
    });
  });
});

it('turns Discord off together with its address', () => {
  expect(discordChange(null)).toEqual({ discord: { enabled: false, webhook_url: null } });
  expect(discordChange('https://discord.example/x')).toEqual({
    discord: { enabled: true, webhook_url: 'https://discord.example/x' },
  });
});

it('sends addresses without blanks around them', () => {
  expect(webhookChange({ url: ' https://a.example/ ', secret: undefined })).toEqual({
    webhook: { enabled: true, url: 'https://a.example/' },
  });
});

it('makes topics that differ and that ntfy takes', () => {
  const topics = new Set(
    Array.from({ length: 50 }, () => inventTopic((bytes) => crypto.getRandomValues(bytes))),
  );
  expect(topics.size).toBe(50);
  for (const topic of topics) expect(topic).toMatch(/^[-_A-Za-z0-9]{1,64}$/);
});

it('counts time zones as the server does', () => {
  const offset = (minutes: number) => offsetOf({ getTimezoneOffset: () => minutes });
  expect(offset(-60)).toBe(60);
  expect(Object.is(offset(0), 0)).toBe(true);
  expect([60, 0, -210, 345].map(offsetName)).toEqual(['UTC+1', 'UTC+0', 'UTC-3:30', 'UTC+5:45']);
});
