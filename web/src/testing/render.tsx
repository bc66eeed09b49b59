/** Renders a component as the page would, with server data of its own and nothing cached. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render as renderIntoDocument } from '@testing-library/react';
import type { ReactElement, ReactNode } from 'react';
import { afterEach } from 'vitest';

afterEach(cleanup);

export function render(element: ReactElement) {
  const client = new QueryClient({
    defaultOptions: { queries: { retry: false }, mutations: { retry: false } },
  });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  return { client, ...renderIntoDocument(element, { wrapper }) };
}
