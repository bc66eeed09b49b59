import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` sends what is not the page: a running ocweb, or a bare `opencode serve`. */
const upstream = process.env.OCWEB_UPSTREAM ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/ocweb/',
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    // Two pages: the app, and the API's documentation at /admin/docs.
    rollupOptions: {
      input: ['index.html', 'docs.html'].map((page) => fileURLToPath(new URL(page, import.meta.url))),
    },
    // Inlined images would be data: URLs in the CSS; the policy allows fonts and styles from 'self' only.
    assetsInlineLimit: 0,
    // The polyfill is for browsers that cannot run this page anyway.
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      // Everything but the page itself, as Caddy does it.
      '^/(admin|auth|global|session|permission|question|config|agent|vcs|find|file|experimental|api)(/|\\?|$)':
        upstream,
    },
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
});
