// How single things read: code in colours, long lines, commands as they speak, diffs, pictures. One stack, one phone.
import { deflateSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPhone, type Phone, picture, visit } from './browser';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;
let phone: Phone;
let cookie: string;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  browser = await openBrowser();
  phone = await openPhone(browser, stack.url, { cookie });
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});
afterEach(() => expect(phone.complaints).toEqual([]));

const button = (name: string | RegExp) => phone.page.getByRole('button', { name });
const box = () => phone.page.getByRole('textbox', { name: 'Message' });
const tool = (name: string | RegExp) => phone.page.getByRole('region', { name }).last();
const chatId = () => /ses_\w+/.exec(phone.page.url())?.[0] ?? '';

async function say(prompt: string): Promise<void> {
  await box().fill(prompt);
  await button('Send').tap();
}

/** The page itself never scrolls sideways, on a small phone neither. */
async function staysInWidth(): Promise<void> {
  for (const width of [320, 390]) {
    await phone.page.setViewportSize({ width, height: 844 });
    const wide = await phone.page.evaluate(() => ({
      page: document.scrollingElement?.scrollWidth ?? 0,
      inner: window.innerWidth,
      conversation: [...document.querySelectorAll('[data-testid="transcript"]')].map(
        (each) => each.scrollWidth - each.clientWidth,
      ),
    }));
    expect(wide.page, `${width} px`).toBeLessThanOrEqual(wide.inner);
    expect(wide.conversation, `${width} px`).toEqual([0]);
  }
}

/** A PNG of one colour. */
function png(width: number, height: number): string {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 0x55)]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const image = [chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, ...image]).toString('base64');
}

function crc(data: Buffer): number {
  let value = 0xffffffff;
  for (const byte of data) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}

const longLine = `const long = '${'x'.repeat(200)}';`;

test('code comes in colours, is copied by a tap, and long lines scroll in their own box', async () => {
  await visit(phone.page, '/new?repo=demo%2Fhello-web');
  const code = `// why\\nexport function answer(): number {\\n  return 42;\\n}\\n${longLine}`;
  await say(`say: Here **it** is:\\n\\n\`\`\`ts\\n${code}\\n\`\`\`\\n\\nAnd \`inline\`.`);
  const block = phone.page.locator('.code-block');
  await block.getByText('return 42').waitFor();
  await block.locator('.syntax-keyword', { hasText: 'export' }).waitFor();
  expect(await block.locator('.syntax-comment').first().innerText()).toBe('// why');
  const colours = await block
    .locator('[class^="syntax-"]')
    .evaluateAll((all) => new Set(all.map((each) => getComputedStyle(each).color)).size);
  expect(colours).toBeGreaterThanOrEqual(4);
  const pre = block.locator('pre');
  await until('the long line is there', () =>
    pre.evaluate((element) => element.scrollWidth > element.clientWidth + 200),
  );
  await staysInWidth();
  await phone.page.getByText('inline', { exact: true }).waitFor();
  await block.getByRole('button', { name: 'Copy code' }).tap();
  await block.getByText('copied').waitFor();
  expect(await phone.page.evaluate(() => navigator.clipboard.readText())).toBe(code.replaceAll('\\n', '\n'));
  await picture(phone.page, 'code');
});

test('a command speaks in its colours while it runs, and much of it is shown at its end', async () => {
  await say(
    "run: printf '\\033[1;32mgreen\\033[0m plain\\n'; printf '10%%\\r50%%'; until [ -e go-on ]; do sleep 0.1; done; printf '\\r100%%\\n'; seq 1 1499; echo end",
  );
  const command = tool(/Command printf/);
  // Not the command itself, which has the same words.
  const green = command.locator('.terminal-2.terminal-bold');
  await green.waitFor();
  expect(await green.innerText()).toBe('green');
  const output = () => command.locator('.output').innerText();
  await until('a bar shows how far it is', async () => (await output()).includes('50%'));
  expect(await output(), 'the output came only at the end').not.toMatch(/^end$/m);
  await stack.letGoOn(cookie, chatId());
  await until('it has ended', async () => /^end$/m.test(await command.innerText()));
  expect(await command.innerText()).not.toMatch(/^50%$/m);
  const rows = async () => (await command.locator('.output').innerText()).split('\n').length;
  expect(await rows()).toBeLessThanOrEqual(500);
  await command.getByRole('button', { name: /show all/ }).tap();
  await until('all of it is shown', async () => (await rows()) > 1400);
  await staysInWidth();
});

test('an edit is a coloured diff with its words marked and numbers that are not copied', async () => {
  await say(
    `write sample.ts: export function one(): number {\\n  return 1; // first\\n}\\n${longLine}\\n\nedit sample.ts:   return 1; // first =>   return 2; // first`,
  );
  const edit = tool('Edit sample.ts');
  await until('it is done', async () => (await edit.getAttribute('data-status')) === 'completed');
  await edit.locator('.diff-line.added .syntax-keyword', { hasText: 'return' }).waitFor();
  expect(await edit.locator('.deleted .diff-mark').innerText()).toBe('1');
  expect(await edit.locator('.added .diff-mark').innerText()).toBe('2');
  const copied = await edit.locator('.diff').evaluate((diff) => {
    getSelection()?.selectAllChildren(diff);
    const text = getSelection()?.toString() ?? '';
    getSelection()?.removeAllRanges();
    return text;
  });
  expect(copied).toContain('  return 2; // first');
  expect(copied).not.toMatch(/^\s*\d/m);
  expect(await edit.innerText()).not.toContain('@@');
  const diff = edit.locator('.diff');
  expect(await diff.evaluate((element) => element.scrollWidth > element.clientWidth)).toBe(true);
  await staysInWidth();
  await edit.scrollIntoViewIfNeeded();
  await picture(phone.page, 'edit');
});

test('a text that no grammar comes to an end with stays plain, and what comes after it is coloured', async () => {
  // The colouring of it would take minutes: it is ended after five seconds.
  const stuck = `\`\`\`java\\n${'$'.repeat(100_000)}\\n\`\`\``;
  await say(`say: ${stuck}\\n\\nand\\n\\n\`\`\`go\\nfunc after() {}\\n\`\`\``);
  const after = phone.page.locator('.code-block', { hasText: 'func after' });
  await after.locator('.syntax-keyword', { hasText: 'func' }).waitFor();
  expect(
    await phone.page.locator('.code-block', { hasText: '$$$$' }).locator('[class^=syntax-]').count(),
  ).toBe(0);
});

test('what is coloured can be read: 4.5 to 1 or better, on every ground', async () => {
  const worst = await phone.page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const channels = (colour: string) => {
      if (!canvas) return [0, 0, 0, 0];
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (colour: string) => {
      const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
        const part = value / 255;
        return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const ground = (element: Element): string => {
      for (let at: Element | null = element; at; at = at.parentElement) {
        const { backgroundColor } = getComputedStyle(at);
        if ((channels(backgroundColor)[3] ?? 0) > 0) return backgroundColor;
      }
      return '#000';
    };
    const found = [
      ...document.querySelectorAll('.code-line *, .diff-text, .diff-text *, .diff-number, .output *'),
    ];
    return found
      .filter((element) => element.textContent !== '' || element.matches('.diff-number'))
      .map((element) => {
        const [light = 0, dark = 0] = [
          luminance(getComputedStyle(element).color),
          luminance(ground(element)),
        ].sort((a, b) => b - a);
        return { ratio: (light + 0.05) / (dark + 0.05), what: `${element.className} ${element.textContent}` };
      })
      .sort((a, b) => a.ratio - b.ratio)[0];
  });
  expect(worst?.ratio, worst?.what).toBeGreaterThanOrEqual(4.5);
});

test('a tool that names a file leads to it', async () => {
  await say('read sample.ts');
  const found = tool('Read sample.ts');
  await until('it is done', async () => (await found.getAttribute('data-status')) === 'completed');
  for (const row of [found, tool('Edit sample.ts')]) {
    await row.getByRole('link', { name: 'Open sample.ts' }).tap();
    await phone.page.waitForURL(/\/files\?path=sample\.ts$/);
    await phone.page.getByTestId('file-lines').getByText('return 2; // first').waitFor();
    await phone.page.goBack();
    await row.waitFor();
  }
});

test('a subagent is told by what it does, and opens', async () => {
  await say('subagent: run: echo inside ; say: the **answer** of it');
  const subagent = tool(/Subagent/);
  await subagent.locator('strong', { hasText: 'answer' }).waitFor();
  const own = chatId();
  await subagent.getByTestId('subagent-link').tap();
  await phone.page.waitForURL((url) => url.pathname.startsWith('/chat/ses_') && !url.pathname.includes(own));
  await phone.page.getByRole('region', { name: /Command echo inside/ }).waitFor();
  await phone.page.goBack();
  await tool(/Subagent/).waitFor();
});

test('a picture in a prompt keeps its place, opens over the whole screen, and closes with back', async () => {
  interface Chat {
    directory: string;
  }
  const { body } = await stack.json<Chat>(cookie, 'GET', `/admin/chats/${chatId()}`);
  const url = `data:image/png;base64,${png(640, 400)}`;
  const sent = await stack.json(
    cookie,
    'POST',
    `/session/${chatId()}/prompt_async?directory=${encodeURIComponent(body.directory)}`,
    {
      parts: [
        { type: 'text', text: 'say: I see a picture.' },
        { type: 'file', mime: 'image/png', filename: 'grey.png', url },
      ],
    },
  );
  expect(sent.status).toBe(204);
  const thumbnail = button('Show picture grey.png');
  await thumbnail.waitFor();
  expect(await thumbnail.boundingBox()).toMatchObject({ width: 132, height: 132 });
  await until('it is loaded', () =>
    thumbnail.locator('img').evaluate((image) => (image as HTMLImageElement).naturalWidth === 640),
  );
  expect(await thumbnail.boundingBox()).toMatchObject({ width: 132, height: 132 });
  await thumbnail.tap();
  const view = phone.page.getByRole('dialog', { name: 'Picture grey.png' });
  await view.waitFor();
  const image = view.locator('img');
  const whole = await image.boundingBox();
  expect(whole?.width).toBe(390);
  await image.dblclick();
  await until('it came nearer', async () => ((await image.boundingBox())?.width ?? 0) > 1000);
  await picture(phone.page, 'picture');
  await phone.page.goBack();
  await view.waitFor({ state: 'detached' });
  await thumbnail.tap();
  await view.waitFor();
  await phone.page.keyboard.press('Escape');
  await view.waitFor({ state: 'detached' });
  await staysInWidth();
});
