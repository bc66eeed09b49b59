// Nobody is kept out: axe on every screen, sheet and card, the keyboard, less motion; and what makes it an app on a phone.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { violations } from './axe';
import { openBrowser, openPhone, type Phone, show, visit } from './browser';
import { screens } from './screens';
import { Stack, send, until } from './stack';

let stack: Stack;
let browser: Browser;
let phone: Phone;
let page: Page;
let cookie: string;
let chat: string;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  browser = await openBrowser();
  phone = await openPhone(browser, stack.url, { cookie });
  page = phone.page;
  const prompt = [
    'think 20 words',
    'write notes.md: one\\ntwo',
    'edit README.md: # => # Hello,',
    'read README.md',
    'run: echo done; exit 3',
    'todo: look; write',
    'subagent: run: echo inside ; say: done',
    'say: # A heading\\n\\nsome `code`, a [link](https://example.com)\\n\\n```ts\\nconst one = 1; // why\\n```',
  ];
  chat = await stack.begin(cookie, prompt.join('\n'));
  await stack.reaches(cookie, chat);
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});
afterEach(() => expect(phone.complaints).toEqual([]));

const button = (name: string | RegExp) => page.getByRole('button', { name });
const sheet = () => page.getByRole('dialog');

/** Looks at what is open now. */
async function look(what: string): Promise<void> {
  expect.soft(await violations(page), what).toEqual([]);
}

describe('axe finds nothing serious', () => {
  test('on any page', async () => {
    for (const { name, address } of await screens(page, chat)) {
      await show(page, address);
      await look(name);
    }
  });

  test('at the login', async () => {
    const stranger = await openPhone(browser, stack.url);
    await visit(stranger.page, '/');
    await stranger.page.getByLabel('password').fill('not the password');
    expect(await violations(stranger.page)).toEqual([]);
    await stranger.page.getByRole('button', { name: 'log in' }).tap();
    await stranger.page.getByRole('alert').waitFor();
    expect(await violations(stranger.page), 'refused').toEqual([]);
    await stranger.context.close();
  });

  test('in the drawer, and in any sheet that opens from a chat', async () => {
    const openers = [/^Chats/, /^Mode:/, /^Model:/, 'Chat menu'];
    await show(page, `/chat/${chat}`);
    for (const opener of openers) {
      await button(opener).tap();
      const opened = opener === openers[0] ? page.getByRole('complementary') : sheet();
      await opened.waitFor();
      await look(String(opener));
      await page.keyboard.press('Escape');
      await opened.waitFor({ state: 'hidden' });
    }
    await button('Message actions').last().tap();
    await sheet().waitFor();
    await look('message');
    await page.keyboard.press('Escape');
    await sheet().waitFor({ state: 'detached' });
    for (const item of ['Rename', 'Share', 'Compact', /^Permissions/, 'Delete']) {
      await button('Chat menu').tap();
      await page.getByRole('menuitem', { name: item }).tap();
      await page.getByRole('menu').waitFor({ state: 'detached' });
      await sheet().waitFor();
      await look(String(item));
      await page.keyboard.press('Escape');
      await sheet().waitFor({ state: 'detached' });
    }
  });

  test.each([
    ['/new?repo=demo%2Fhello-web', /^Repository:/],
    ['/new?repo=demo%2Fhello-web', /^Begin from:/],
    ['/resources', 'Clean up what is stale'],
    ['/repos', /^Settings of/],
    ['/chat/:chat/diff', 'Commit…'],
    ['/settings/appearance', 'Load an opencode theme'],
    ['/settings/providers', /model/],
  ])('in what opens on %s by %s', async (address, opener) => {
    await show(page, address.replace(':chat', chat));
    await page.getByRole('main').getByRole('button', { name: opener }).or(button(opener)).first().tap();
    // Some open in the page.
    await until('it is there', () =>
      page.evaluate(
        () => document.querySelector('dialog[open], textarea:not([aria-label=Message])') !== null,
      ),
    );
    await look(`${address} ${opener}`);
  });

  test('in a comment on lines', async () => {
    await show(page, `/chat/${chat}/diff`);
    await page.getByRole('region', { name: 'notes.md' }).locator('.diff-line').first().tap();
    await page.getByRole('region', { name: 'Selected lines' }).waitFor();
    await look('selected lines');
    await button('Comment').tap();
    await sheet().waitFor();
    await look('comment');
  });

  test('in a terminal', async () => {
    await show(page, `/chat/${chat}/terminal`);
    await button('Open a terminal').tap();
    await page.locator('[data-testid="terminal"][data-state="open"]').waitFor();
    await look('terminal');
  });

  test('in what asks, and in the inbox', async () => {
    const asking = await stack.begin(
      cookie,
      'run: rm -f notes.md && echo removed\nask: Which? | this | that',
    );
    await show(page, `/chat/${asking}`);
    await button('Allow once').waitFor();
    await look('permission');
    await button('Say what instead').click();
    await page.getByLabel('Tell the agent what to do instead').waitFor();
    await look('refusal');
    await button('Back').click();
    await visit(page, '/inbox');
    await button('Allow once').waitFor();
    await look('inbox');
    await visit(page, `/chat/${asking}`);
    await button('Allow once').click();
    await page.getByRole('radio', { name: 'that' }).waitFor();
    await look('question');
    await page.getByRole('radio', { name: 'that' }).click();
    await button('Answer').click();
    await stack.reaches(cookie, asking);
  });
});

test('everything in a chat is reached by Tab, and seen to be', async () => {
  await visit(page, `/chat/${chat}`);
  await page.getByRole('article', { name: 'Agent' }).last().waitFor();
  await page.getByRole('textbox', { name: 'Message' }).fill('something to send');
  const names = await page.evaluate(() => {
    const all = document.querySelectorAll<HTMLElement>(
      '.page :is(button, a[href], textarea, input, [tabindex="0"])',
    );
    return [...all].filter((each) => !each.matches(':disabled') && each.checkVisibility()).length;
  });
  expect(names).toBeGreaterThan(4);
  const reached = new Set<string>();
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  for (let step = 0; step < names + 10; step += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      if (!(element instanceof HTMLElement) || element === document.body) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const isSeen = element.matches('textarea') || (outlineStyle !== 'none' && outlineWidth !== '0px');
      const all = [...document.querySelectorAll('*')];
      return {
        name: `${all.indexOf(element)} ${element.ariaLabel ?? element.innerText.slice(0, 30)}`,
        isSeen,
      };
    });
    if (at === null) continue;
    expect(at.isSeen, at.name).toBe(true);
    reached.add(at.name);
  }
  expect(reached.size).toBeGreaterThanOrEqual(names);
});

test('who wants less motion sees none', async () => {
  const calm = await openPhone(browser, stack.url, { cookie, reducedMotion: 'reduce' });
  const working = await stack.begin(cookie, 'run: until [ -e go-on ]; do sleep 0.1; done\nsay: done');
  await visit(calm.page, `/chat/${working}`);
  const moving = () =>
    calm.page.evaluate(() => {
      const all = [...document.querySelectorAll('*')].flatMap((element) =>
        [element, ...['::before', '::after']].map((it) =>
          typeof it === 'string' ? getComputedStyle(element, it) : getComputedStyle(it),
        ),
      );
      const seconds = (text: string) => Math.max(...text.split(',').map((each) => Number.parseFloat(each)));
      return all
        .filter(
          (style) =>
            (style.animationName !== 'none' &&
              (seconds(style.animationDuration) > 0.001 || style.animationIterationCount !== '1')) ||
            seconds(style.transitionDuration) > 0.001,
        )
        .map(({ animationName, transitionProperty }) => `${animationName} ${transitionProperty}`);
    });
  // What pulses is there, and stands still.
  await calm.page.locator('.page .pulse').first().waitFor();
  expect(await moving()).toEqual([]);
  await calm.page.getByRole('button', { name: /^Chats/ }).tap();
  await calm.page.getByRole('complementary').waitFor();
  expect(await moving(), 'drawer').toEqual([]);
  await calm.page.keyboard.press('Escape');
  await calm.page.getByRole('complementary').waitFor({ state: 'hidden' });
  await calm.page.getByRole('button', { name: 'Chat menu' }).tap();
  await calm.page.getByRole('dialog').waitFor();
  expect(await moving(), 'sheet').toEqual([]);
  await calm.context.close();
  await stack.letGoOn(cookie, working);
  await stack.reaches(cookie, working);
});

test('it can be installed: what the manifest says is there, as it says', async () => {
  interface Manifest {
    name: string;
    start_url: string;
    scope: string;
    display: string;
    icons: { src: string; sizes: string; type: string; purpose?: string }[];
  }
  await visit(page, `/chat/${chat}`);
  const head = await page.evaluate(() => {
    const content = (name: string) =>
      document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;
    const href = (rel: string) => document.querySelector<HTMLLinkElement>(`link[rel="${rel}"]`)?.href ?? '';
    return {
      manifest: href('manifest'),
      touchIcon: href('apple-touch-icon'),
      capable: content('apple-mobile-web-app-capable'),
      bar: content('apple-mobile-web-app-status-bar-style'),
      theme: content('theme-color'),
      viewport: content('viewport'),
    };
  });
  expect(head).toMatchObject({ capable: 'yes', bar: 'black', theme: '#000000' });
  // Into the corners of the screen, and the zoom stays the reader's own.
  expect(head.viewport).toContain('viewport-fit=cover');
  expect(head.viewport).not.toMatch(/user-scalable|maximum-scale/);

  const answer = await send(stack.port, new URL(head.manifest).pathname, { headers: { cookie } });
  expect(answer.headers['content-type']).toMatch(/^application\/manifest\+json/);
  const manifest: Manifest = JSON.parse(answer.text);
  expect(manifest).toMatchObject({ start_url: '/', scope: '/', display: 'standalone', name: 'ocweb' });
  const purposes = manifest.icons.flatMap(({ purpose = 'any' }) => purpose.split(' '));
  expect(new Set(purposes)).toEqual(new Set(['any', 'maskable']));
  expect(manifest.icons.map(({ sizes }) => sizes)).toEqual(expect.arrayContaining(['192x192', '512x512']));

  const sizeOf = (address: string) =>
    page.evaluate(async (src) => {
      const image = new Image();
      image.src = src;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, address);
  for (const { src, sizes, type } of manifest.icons) {
    const icon = await send(stack.port, src, { headers: { cookie } });
    expect([icon.status, icon.headers['content-type']], src).toEqual([200, type]);
    if (sizes !== 'any') expect(await sizeOf(src), src).toBe(sizes);
  }
  expect(await sizeOf(head.touchIcon)).toBe('180x180');

  // And what the browser itself thinks of it.
  const session = await page.context().newCDPSession(page);
  const { errors } = await session.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  await session.detach();
});
