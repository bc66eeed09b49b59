import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { build, type Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { budget } from './budget.ts';

/** Where `npm run dev` sends what is not the page: a running ocweb, or a bare `opencode serve`. */
const upstream = process.env.OCWEB_UPSTREAM ?? 'http://127.0.0.1:8080';

/** Puts the merged OpenAPI document beside the page that renders it. */
const openApiDocument: Plugin = {
  name: 'openapi-document',
  apply: 'build',
  generateBundle() {
    const source = readFileSync(new URL('../crates/openapi/openapi.json', import.meta.url), 'utf8');
    this.emitFile({ type: 'asset', fileName: 'openapi.json', source });
  },
};

const alias = { '@': fileURLToPath(new URL('./src', import.meta.url)) };

type Bundle = Parameters<Extract<Plugin['generateBundle'], (...args: never[]) => unknown>>[1];

/** The files of the page itself (not of the API's documentation): what its start asks for, at once or ever. */
function filesOfPage(bundle: Bundle): string[] {
  const files = new Set<string>();
  const take = (name: string): void => {
    const file = bundle[name];
    if (files.has(name) || file?.type !== 'chunk') return;
    files.add(name);
    for (const style of file.viteMetadata?.importedCss ?? []) files.add(style);
    for (const other of [...file.imports, ...file.dynamicImports]) take(other);
  };
  for (const file of Object.values(bundle)) {
    if (file.type === 'chunk' && file.facadeModuleId?.endsWith('/index.html')) take(file.fileName);
  }
  return [...files].sort().map((name) => `/ocweb/${name}`);
}

/** What the service worker knows of the build that it belongs to (`Build` in src/sw/offline.ts). */
function describeBuild(bundle: Bundle): { id: string; files: string[] } {
  const files = filesOfPage(bundle);
  const start = readFileSync(new URL('index.html', import.meta.url), 'utf8');
  const id = createHash('sha256')
    .update(JSON.stringify([start, files]))
    .digest('hex')
    .slice(0, 16);
  return { id, files };
}

/**
 * Builds the service worker: one classic script under a name that never changes, as browsers compare what is there with
 * what they have. A build of its own, so that it shares no pieces with the page.
 */
const serviceWorker: Plugin = {
  name: 'service-worker',
  apply: 'build',
  // After Vite has taken out the pieces of which nothing but their style is left.
  generateBundle: {
    order: 'post',
    async handler(_options, bundle) {
      const built = await build({
        configFile: false,
        publicDir: false,
        logLevel: 'warn',
        resolve: { alias },
        define: { __BUILD__: JSON.stringify(describeBuild(bundle)) },
        build: {
          write: false,
          rolldownOptions: {
            input: fileURLToPath(new URL('src/sw/main.ts', import.meta.url)),
            output: { format: 'iife', entryFileNames: 'sw.js' },
          },
        },
      });
      const [output] = [built].flat();
      if (!output || !('output' in output)) throw new Error('the service worker was not built');
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: output.output[0].code });
    },
  },
};

export default defineConfig({
  base: '/ocweb/',
  plugins: [react(), openApiDocument, serviceWorker, budget],
  resolve: { alias },
  build: {
    rolldownOptions: {
      // Two pages: the app, and the API's documentation at /admin/docs.
      input: ['index.html', 'docs.html'].map((page) => fileURLToPath(new URL(page, import.meta.url))),
      output: {
        // What every page needs in few files: each file is a round trip on a phone.
        codeSplitting: {
          groups: [
            {
              name: 'vendor',
              test: /node_modules\/(react|react-dom|scheduler|@tanstack|zustand|wouter|regexparam|use-sync-external-store)\//,
            },
            {
              // What is asked of GitHub, and deleting, is not needed at the start.
              name: 'shared',
              test: /src\/(shared\/(http|api\/(?!deleting|github|shipping)|ui\/(Boundary|CopyButton|Icon|Notice|TopBar|Sheet|useOverlay)|clipboard|overlay|storage|database|identifier|format|keeping|viewport)|features\/(events|chats\/status))/,
            },
            {
              // Of a conversation, and of changes.
              name: 'reading',
              test: /src\/shared\/(markdown|highlight|diff)/,
            },
          ],
        },
      },
    },
    // Inlined images would be data: URLs in the CSS; the policy allows fonts and styles from 'self' only.
    assetsInlineLimit: 0,
    // The polyfill is for browsers that cannot run this page anyway.
    modulePreload: { polyfill: false },
  },
  // The worker that colours code loads each language by itself.
  worker: { format: 'es' },
  server: {
    proxy: {
      // Everything but the page itself, as Caddy does it.
      '^/(admin|auth|global|session|permission|question|config|agent|vcs|find|file|experimental|api)(/|\\?|$)':
        upstream,
    },
  },
  // A loaded machine takes its time.
  test: { environment: 'node', testTimeout: 30_000, include: ['src/**/*.test.{ts,tsx}'] },
});
