// Every page there is: a new one is added here, and is measured by all that goes through them.
import type { Page } from 'playwright-core';
import { show } from './browser';

export interface Screen {
  /** Of its picture. */
  name: string;
  address: string;
}

/** The pages, of a chat that has changed `notes.md`; and the parts of the settings, which are found by themselves. */
export async function screens(page: Page, chat: string): Promise<Screen[]> {
  const pages = ['repos', 'inbox', 'resources', 'devices', 'notifications', 'settings', 'debug'];
  return [
    { name: 'conversation', address: `/chat/${chat}` },
    { name: 'chat-diff', address: `/chat/${chat}/diff` },
    { name: 'chat-log', address: `/chat/${chat}/log` },
    { name: 'chat-files', address: `/chat/${chat}/files` },
    { name: 'chat-file', address: `/chat/${chat}/files?path=notes.md` },
    { name: 'chat-terminal', address: `/chat/${chat}/terminal` },
    { name: 'new-chat', address: '/new?repo=demo%2Fhello-web' },
    ...pages.map((name) => ({ name: `page-${name}`, address: `/${name}` })),
    ...(await sections(page)),
    { name: 'page-missing', address: '/settings/of-nothing' },
  ];
}

/** The parts of the settings that have a page of their own. */
async function sections(page: Page): Promise<Screen[]> {
  await show(page, '/settings');
  await page.getByTestId('settings-row').first().waitFor();
  const addresses = await page
    .locator('a[href^="/settings/"]')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
  return addresses.map((address) => ({ name: address.slice(1).replaceAll('/', '-'), address }));
}
