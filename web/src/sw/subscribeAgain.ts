/** What follows when the push service ends a subscription. */
import { describeSubscription, subscribeWith } from '@/shared/push/subscription';

/**
 * Gives the server a subscription with its present key. Rejects when the server has not taken it, as without a login;
 * the page does it again at its next start.
 */
export async function subscribeAgain(
  manager: PushManager,
  agent: string,
  request: typeof fetch = fetch,
): Promise<void> {
  const settings = await taken(request('/admin/notifications/settings'));
  const { web_push } = (await settings.json()) as { web_push: { public_key: string } };
  const subscription = await subscribeWith(manager, web_push.public_key);
  await taken(
    request('/admin/notifications/subscriptions', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(describeSubscription(subscription, agent)),
    }),
  );
}

async function taken(answer: Promise<Response>): Promise<Response> {
  const response = await answer;
  if (!response.ok) throw new Error(`The server refused with ${response.status}.`);
  return response;
}
