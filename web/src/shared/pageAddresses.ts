/** Which addresses are this page's own: opencode's web UI, the login and the API's documents are on the same origin. */

const names = ['new', 'inbox', 'repos', 'resources', 'devices', 'notifications', 'settings', 'debug'];
const single = new Set(['/', ...names.map((name) => `/${name}`)]);

/** As Caddy decides which addresses get `index.html`. */
export function isPageAddress(path: string): boolean {
  return single.has(path) || path.startsWith('/chat/') || path.startsWith('/settings/');
}
