/**
 * The server of component tests: answers at real addresses with the real shapes. A handler that answers something else
 * than the OpenAPI document says does not compile, and a request that no handler expects fails its test.
 */
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { paths } from '@/shared/api/generated';
import type { Schema } from '@/shared/api/schema';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What the document says is answered with 200, 201 or 202. */
type Answer<Operation> = Operation extends {
  responses: { 200: { content: { 'application/json': infer Body } } };
}
  ? Body
  : Operation extends { responses: { 201: { content: { 'application/json': infer Body } } } }
    ? Body
    : Operation extends { responses: { 202: { content: { 'application/json': infer Body } } } }
      ? Body
      : undefined;

export const server = setupServer();

/** Answers an operation of our own services. `answer` sees the request's body; undefined is 204. */
export function answers<Path extends keyof paths, How extends Method & keyof paths[Path]>(
  how: How,
  path: Path,
  answer: (asked: {
    body: unknown;
    url: URL;
  }) => Answer<paths[Path][How]> | Promise<Answer<paths[Path][How]>>,
): void {
  const address = `*${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
  server.use(
    http[how](address, async ({ request }) => {
      const text = await request.text();
      const body: unknown = text === '' ? null : JSON.parse(text);
      const answered = await answer({ body, url: new URL(request.url) });
      return answered === undefined ? new HttpResponse(null, { status: 204 }) : HttpResponse.json(answered);
    }),
  );
}

/** Refuses an operation with a problem document. */
export function refuses<Path extends keyof paths>(
  how: Method & keyof paths[Path],
  path: Path,
  problem: {
    status: number;
    type?: string;
    title: string;
    detail: string;
    reasons?: Schema<'DeletionReason'>[];
    said?: string;
  },
): void {
  const address = `*${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
  const headers = { 'content-type': 'application/problem+json' };
  server.use(
    http[how](address, () =>
      HttpResponse.json({ type: 'about:blank', ...problem }, { status: problem.status, headers }),
    ),
  );
}

/** Answers one of opencode's addresses; its types are the SDK's. */
export function opencodeAnswers<Body extends object | boolean>(how: Method, path: string, body: Body): void {
  server.use(http[how](`*${path}`, () => HttpResponse.json(body)));
}

/** To be called once at the top of a test file. */
export function withServer(): void {
  beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
  afterEach(() => server.resetHandlers());
  afterAll(() => server.close());
}
