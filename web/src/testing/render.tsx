/** Renders a component as the page would, with server data of its own and nothing cached. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render as renderIntoDocument } from '@testing-library/react';
import type { ReactElement } from 'react';
import { afterEach } from 'vitest';

afterEach(cleanup);

export function render(element: ReactElement) {
  const client = new QueryClient({
    defaultOptions: { queries: { retry: false }, mutations: { retry: false } },
  });
  return renderIntoDocument(<QueryClientProvider client={client}>{element}</QueryClientProvider>);
}
