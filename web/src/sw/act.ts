/** Gives the answer of a notification's button. */

const outcomes: Readonly<Record<string, string>> = {
  approved: 'Allowed once.',
  rejected: 'Rejected.',
  answered: 'Answered.',
};

/** Sends the capability and answers with a sentence on what came of it; never throws. */
export async function act(capability: string, post: typeof fetch = fetch): Promise<string> {
  let response: Response;
  try {
    response = await post('/admin/notifications/act', {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: capability,
      // The capability is all it needs, and a hanging network must not swallow the answer in silence.
      credentials: 'omit',
      signal: AbortSignal.timeout(20_000),
    });
  } catch {
    return 'Not answered: the server cannot be reached. Tap to answer in the chat.';
  }
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return outcomes[text(body, 'outcome') ?? ''] ?? 'Answered.';
  return `Not answered: ${text(body, 'detail') ?? `the server answered ${response.status}.`}`;
}

function text(body: unknown, name: 'outcome' | 'detail'): string | null {
  if (typeof body !== 'object' || body === null || !(name in body)) return null;
  const value: unknown = Reflect.get(body, name);
  return typeof value === 'string' && value !== '' ? value : null;
}
