import { describe, expect, test } from 'vitest';
import { explainFailure, explainSentence } from './errors';

const api = (statusCode: number | undefined, message: string, responseBody = '') => ({
  name: 'APIError',
  data: { message, isRetryable: false, responseBody, ...(statusCode === undefined ? {} : { statusCode }) },
});

describe('what went wrong, and what to do', () => {
  test.each([
    [api(401, 'No auth credentials found'), /key/, 'providers'],
    [api(403, 'Forbidden'), /key/, 'providers'],
    [{ name: 'ProviderAuthError', data: { providerID: 'x', message: 'no key' } }, /key/, 'providers'],
    [api(402, 'Payment Required'), /credit/, 'providers'],
    [api(429, 'You exceeded your current quota, please check your plan'), /credit/, 'providers'],
    [api(429, 'Rate limit reached for requests'), /no more requests/, null],
    [api(429, 'slow down'), /no more requests/, null],
    [api(400, 'Bad Request', '{"error":{"code":"context_length_exceeded"}}'), /longer/, 'compact'],
    [{ name: 'ContextOverflowError', data: { message: 'prompt is too long' } }, /longer/, 'compact'],
    [{ name: 'MessageOutputLengthError', data: {} }, /longer than the model may write/, null],
    [{ name: 'ContentFilterError', data: { message: '' } }, /filter/, null],
    [api(404, 'Not Found'), /no such model/, null],
    [api(529, 'Overloaded'), /trouble/, null],
    [api(undefined, 'Unable to connect. Is the computer able to access the url?'), /reached/, null],
  ])('%j', (failure, what, remedy) => {
    const explained = explainFailure(failure);
    expect(explained.what).toMatch(what);
    expect(explained.remedy).toBe(remedy);
    expect(explained.advice).not.toBeNull();
  });
});

test('the provider’s own words are kept; a name that says nothing is not', () => {
  expect(explainFailure(api(401, 'No auth credentials found')).said).toBe('No auth credentials found');
  expect(explainFailure({ name: 'MessageOutputLengthError', data: {} }).said).toBeNull();
});

test('what is not understood is said as it was told', () => {
  expect(explainFailure({ name: 'UnknownError', data: { message: 'The cat ate it.' } })).toEqual({
    what: 'The cat ate it.',
    advice: null,
    remedy: null,
    said: null,
  });
  expect(explainFailure({ name: 'UnknownError' }).what).toBe('UnknownError');
});

test('a retry is told in words only', () => {
  expect(explainSentence('Too Many Requests').what).toMatch(/no more requests/);
});
