import { afterEach, describe, expect, it, vi } from 'vitest';
import { RequestError, send, sendJson, sentenceOf } from './http';

afterEach(() => vi.unstubAllGlobals());

function answer(body: string, init: ResponseInit) {
  vi.stubGlobal('fetch', async () => new Response(body, init));
}

async function failureOf(request: Promise<unknown>): Promise<RequestError> {
  const error = await request.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RequestError)) throw new Error('it did not fail as it should');
  return error;
}

describe('a failed request', () => {
  it('carries the sentence and the kind of a problem document', async () => {
    answer(
      '{"type":"https://x/problems/uncommitted-changes","title":"t","detail":"2 files are not committed."}',
      {
        status: 409,
      },
    );
    expect(await failureOf(send('/x'))).toMatchObject({
      status: 409,
      kind: 'uncommitted-changes',
      message: '2 files are not committed.',
    });
  });

  it('is one when HTML comes where JSON was asked for', async () => {
    answer('<!doctype html>', { status: 200 });
    expect((await failureOf(sendJson('/nothing-here'))).message).toContain('not JSON');
  });

  it('says that the server cannot be reached', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('Failed to fetch');
    });
    expect(await failureOf(send('/x'))).toMatchObject({ status: 0 });
  });

  it('sends the page to the login at a 401', async () => {
    const assign = vi.fn();
    vi.stubGlobal('location', { pathname: '/chat/ses_1', search: '?a=b', assign });
    answer('{}', { status: 401 });
    await failureOf(send('/x'));
    expect(assign).toHaveBeenCalledWith('/auth/login?next=%2Fchat%2Fses_1%3Fa%3Db');
  });
});

describe('sentenceOf', () => {
  it.each([
    [{ name: 'NotFoundError', data: { message: 'Session not found' } }, 'Session not found'],
    [{ _tag: 'X', message: 'Permission request not found' }, 'Permission request not found'],
    [{ title: 'Only a title' }, 'Only a title'],
    [null, 'The server answered 418.'],
  ])('finds the best sentence of %j', (body, sentence) => expect(sentenceOf(body, 418)).toBe(sentence));
});
