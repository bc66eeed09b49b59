// @vitest-environment happy-dom
import { fireEvent, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Link, Router, useLocation } from 'wouter';
import { memoryLocation } from 'wouter/memory-location';
import { render } from '@/testing/render';
import { FrameBoundary, PageBoundary } from './Broken';

// React tells of every error that a boundary caught.
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

function Damaged({ message }: { message: string }): never {
  throw new Error(message);
}

it('a frame that breaks says what to do, and gives the debug text with the reason', async () => {
  const copied: string[] = [];
  Object.defineProperty(navigator, 'clipboard', {
    configurable: true,
    value: { writeText: async (text: string) => void copied.push(text) },
  });
  render(
    <FrameBoundary>
      <Damaged message="no drawer" />
    </FrameBoundary>,
  );
  const said = within(screen.getByRole('alert'));
  said.getByText(/The page broke: no drawer\. Reload it/);
  said.getByRole('button', { name: 'Reload' });
  fireEvent.click(said.getByRole('button', { name: 'Copy debug text' }));
  await said.findByText('copied');
  expect(copied.join()).toMatch(/## errors\n.*frame: Error: no drawer/);
});

function Page() {
  const [path] = useLocation();
  return path === '/broken' ? <Damaged message="x" /> : <p>fine</p>;
}

it('a page that breaks leaves the way to another one', () => {
  render(
    <Router hook={memoryLocation({ path: '/broken' }).hook}>
      <Link href="/other">elsewhere</Link>
      <PageBoundary>
        <Page />
      </PageBoundary>
    </Router>,
  );
  screen.getByTestId('page-broken');
  fireEvent.click(screen.getByText('elsewhere'));
  screen.getByText('fine');
});
