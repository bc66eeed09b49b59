// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from 'vitest';
import { useRefused } from '@/shared/keeping';

let isFull = true;
vi.mock('@/shared/database', () => ({
  database: () => async (_mode: string, act: (stores: () => object) => unknown) => {
    if (isFull) throw new Error('this browser has no room left to keep it.');
    return act(() => ({ put: () => undefined, getAll: () => ({ result: [] }), delete: () => undefined }));
  },
}));
const { giveBack } = await import('./giveBack');
const { attachmentsOf } = await import('./attachments');
const { draftText } = await import('./draft');

const file = { mime: 'image/png', filename: 'a.png', bytes: new ArrayBuffer(1) };
const manner = { model: null, variant: null, mode: 'plan' };
const back = { text: 'look', files: [file], manner };

beforeEach(() => {
  isFull = true;
  localStorage.clear();
});

it('what the phone keeps until then is not given up before it is attached', async () => {
  await expect(giveBack('ses_1', { ...back, isKeptElsewhere: true })).rejects.toThrow('no room left');
  expect([draftText('ses_1'), attachmentsOf('ses_1')]).toEqual(['', []]);
  isFull = false;
  await giveBack('ses_1', { ...back, isKeptElsewhere: true });
  expect(draftText('ses_1')).toBe('look');
  expect(attachmentsOf('ses_1')).toMatchObject([{ filename: 'a.png' }]);
});

it('what nobody else has is there until the page ends, and it is said', async () => {
  await giveBack('ses_2', { ...back, isKeptElsewhere: false });
  expect(draftText('ses_2')).toBe('look');
  expect(attachmentsOf('ses_2')).toMatchObject([{ filename: 'a.png' }]);
  expect(useRefused.getState().keys).toEqual(['attachments']);
});
