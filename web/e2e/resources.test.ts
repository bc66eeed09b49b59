// The resources from a phone: what fills the disk, what runs, and getting rid of both.
import { existsSync } from 'node:fs';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPhone, type Phone, picture, visit } from './browser';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;
let phone: Phone;
let cookie: string;

interface Chat {
  id: string;
  directory: string;
}

/** A chat that has done what it was told. */
async function doneChat(prompt: string): Promise<Chat> {
  const id = await stack.begin(cookie, prompt);
  const { directory } = await stack.reaches(cookie, id);
  return { id, directory: directory ?? '' };
}

let withOrphan: Chat;
let stale: Chat;
let dirty: Chat;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  const stubborn = "setsid sh -c 'trap : TERM; while :; do sleep 1; done'";
  [withOrphan, stale, dirty] = await Promise.all([
    doneChat(`run: ${stubborn} >/dev/null 2>&1 </dev/null & echo started`),
    doneChat('say: nothing to keep'),
    doneChat('write notes.md: not committed'),
  ]);
  for (const { id } of [stale, dirty]) {
    expect((await stack.json(cookie, 'DELETE', `/session/${id}`)).status).toBe(200);
  }
  browser = await openBrowser();
  phone = await openPhone(browser, stack.url, { cookie });
  await visit(phone.page, '/resources');
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});

const at = (id: string) => phone.page.getByTestId(id);
const sheet = (name: string) => phone.page.getByRole('dialog', { name });
const widthOf = async (place: Locator) => (await place.boundingBox())?.width ?? 0;

test('the disk: a bar that is the whole volume, and every thing by size', async () => {
  const { page } = phone;
  await at('disk-chart').waitFor();
  const { body } = await stack.json<{ volume: { total_bytes: number } }>(cookie, 'GET', '/admin/disk');
  const parts = await at('disk-part').evaluateAll((all) =>
    all.map((part) => Number((part as HTMLElement).dataset.bytes)),
  );
  expect(parts.reduce((sum, bytes) => sum + bytes, 0)).toBe(body.volume.total_bytes);
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 568 });
    const bar = await widthOf(at('disk-chart'));
    const segments = await Promise.all((await at('disk-chart').locator('span').all()).map(widthOf));
    expect(segments.reduce((sum, part) => sum + part, 0)).toBeCloseTo(bar - 2, 0);
    expect(Math.min(...segments)).toBeGreaterThanOrEqual(2);
    for (const chart of await at('load-chart').all()) {
      expect(await chart.locator('path[d^="M"]').count()).toBeGreaterThan(0);
      expect(await chart.locator('svg').getAttribute('aria-label')).toMatch(/now, at most/);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    for (const button of await page.getByRole('main').getByRole('button').all()) {
      const box = await button.boundingBox();
      expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44);
    }
    await picture(page, `resources-${width}`);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await at('load-chart').count()).toBe(2);
  await page.locator('[data-testid="disk-item"][data-kind="clone"]', { hasText: 'demo/hello-web' }).waitFor();
});

test('cleaning up says first what goes and what stays, and then does just that', async () => {
  const { page } = phone;
  await page.getByRole('button', { name: 'Clean up what is stale' }).tap();
  const remove = sheet('Clean up').getByRole('button', { name: /^Remove \d+ thing/ });
  await remove.waitFor();
  const plan = await at('garbage').innerText();
  const [goes = '', stays = ''] = plan.split(/^stays$/m);
  expect(goes).toContain('say: nothing to keep');
  expect(goes).not.toContain('write notes.md');
  expect(stays).toContain('write notes.md');
  expect(stays).toMatch(/not committed|uncommitted/i);
  expect(existsSync(stale.directory)).toBe(true);
  await picture(page, 'resources-clean-up');
  await remove.tap();
  await sheet('Clean up')
    .getByText(/\d+ things? removed, \d+ things? kept\./)
    .waitFor();
  expect(existsSync(stale.directory)).toBe(false);
  expect(existsSync(dirty.directory)).toBe(true);
  await sheet('Clean up').getByRole('button', { name: 'Done' }).tap();
  await page.locator(`[data-testid="disk-item"] a[href="/chat/${stale.id}"]`).waitFor({ state: 'detached' });
});

test('what an agent left behind is listed with its chat, and ended', async () => {
  const { page } = phone;
  const orphan = page.locator('[data-testid="process"][data-orphan="true"]', { hasText: 'trap : TERM' });
  await orphan.waitFor();
  expect(await orphan.getByRole('link').getAttribute('href')).toBe(`/chat/${withOrphan.id}`);
  await orphan.scrollIntoViewIfNeeded();
  await picture(page, 'resources-processes');
  const pid = await orphan.getAttribute('data-pid');
  await orphan.getByRole('button', { name: `End process ${pid}` }).tap();
  const asked = sheet('End this process?');
  await asked.getByText(/forced after three seconds/).waitFor();
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  await picture(page, 'resources-end-process');
  await asked.getByRole('button', { name: 'End it' }).tap();
  await asked.getByRole('button', { name: 'Ending…' }).waitFor();
  await at('process-outcome')
    .getByText(`Process ${pid} did not end when it was asked to, and was forced.`)
    .waitFor();
  await orphan.waitFor({ state: 'detached' });
  await until('it is gone', () => !existsSync(`/proc/${pid}`));
  // Its last `sleep` may go on for a second: the deletion below waits for it.
});

test('a chat and a clone are deleted, and that is said while and after it happens', async () => {
  const { page } = phone;
  // Held until "Deleting…" was seen.
  let release = () => {};
  const seen = new Promise<void>((done) => {
    release = done;
  });
  await page.route(`**/admin/chats/${withOrphan.id}*`, async (route) => {
    if (route.request().method() === 'DELETE') await seen;
    await route.continue();
  });
  const row = page.locator('[data-testid="disk-item"]', {
    has: page.locator(`a[href="/chat/${withOrphan.id}"]`),
  });
  await row.getByRole('button', { name: /^Delete the chat/ }).tap();
  const asked = sheet('Delete this chat?');
  await asked.getByText(/its working copy/).waitFor();
  await asked.getByRole('button', { name: 'Delete', exact: true }).tap();
  await asked.getByRole('button', { name: 'Deleting…' }).waitFor();
  release();
  await at('disk-outcome')
    .getByText(/^The chat .* is deleted\.$/)
    .waitFor();
  await row.waitFor({ state: 'detached' });
  expect(existsSync(withOrphan.directory)).toBe(false);

  await page.getByRole('button', { name: 'Delete the clone of demo/hello-web' }).tap();
  const clone = sheet('Delete this clone?');
  await clone.getByRole('button', { name: 'Delete', exact: true }).tap();
  // The working copy that was kept is still there.
  await clone
    .getByRole('alert')
    .getByText(/Refused/)
    .waitFor();
  expect(existsSync(dirty.directory)).toBe(true);
  await picture(page, 'resources-refused');
  await clone.getByRole('button', { name: 'Delete anyway' }).tap();
  await at('disk-outcome').getByText('The clone of demo/hello-web is deleted.', { exact: true }).waitFor();
  expect(existsSync(dirty.directory)).toBe(false);
  expect(phone.complaints).toEqual([]);
});
