import { expect, test } from 'vitest';
import { emptyTranscript, type Transcript } from '@/features/events/state';
import type { AssistantMessage, Message } from '@/shared/api/opencode';
import type { OfferedProvider } from '@/shared/api/relay';
import { contextLimit, contextUse, money, short, usageText } from './usage';

const tokens = (input: number, output: number, read = 0) => ({
  input,
  output,
  reasoning: 0,
  cache: { read, write: 0 },
});

function transcript(...answers: Partial<AssistantMessage>[]): Transcript {
  const entries = answers.map((answer, index) => {
    const info = { id: `msg_${index}`, role: 'assistant', providerID: 'demo', modelID: 'large/1', ...answer };
    return [info.id, { info: info as Message, parts: [] }] as const;
  });
  return { ...emptyTranscript, order: entries.map(([id]) => id), entries: Object.fromEntries(entries) };
}

test('numbers are short', () => {
  expect([0, 950, 1_000, 2_473, 9_960, 68_400, 999_600, 1_240_000].map(short)).toEqual([
    '0',
    '950',
    '1k',
    '2.5k',
    '10k',
    '68k',
    '1M',
    '1.2M',
  ]);
});

test('money has as many digits as say something', () => {
  expect([0.00001, 0.00126, 0.42, 12.3].map(money)).toEqual(['$0', '$0.0013', '$0.42', '$12.30']);
});

test('what was read from the cache counts as given', () => {
  expect(usageText(tokens(100, 30, 2_000), 0.002)).toBe('2.1k in · 30 out · $0.0020');
  expect(usageText(tokens(100, 30), 0)).toBe('100 in · 30 out');
  expect(usageText(tokens(0, 0), 0)).toBe('');
});

test('the context is as full as the last answer says; an answer that is still empty says nothing', () => {
  const full = transcript({ tokens: tokens(10, 5) }, { tokens: tokens(1_000, 200, 3_000) });
  expect(contextUse(full)).toEqual({ tokens: 4_200, model: 'demo/large/1' });
  expect(contextUse(transcript({ tokens: tokens(1_000, 200) }, { tokens: tokens(0, 0) }))?.tokens).toBe(
    1_200,
  );
  expect(contextUse(emptyTranscript)).toBeNull();
});

test('after a summary only the summary is left', () => {
  expect(contextUse(transcript({ tokens: tokens(150_000, 900), summary: true }))?.tokens).toBe(900);
});

test('the limit is the model’s own, if it has one', () => {
  const model = (id: string, context: number | null) => ({ id, context });
  const providers = [
    { id: 'demo', models: [model('large/1', 200_000), model('free', 0), model('unknown', null)] },
  ] as OfferedProvider[];
  expect(contextLimit(providers, 'demo/large/1')).toBe(200_000);
  expect(contextLimit(providers, 'demo/free')).toBeNull();
  expect(contextLimit(providers, 'demo/unknown')).toBeNull();
  expect(contextLimit(providers, 'gone/model')).toBeNull();
  expect(contextLimit(undefined, 'demo/large/1')).toBeNull();
});
