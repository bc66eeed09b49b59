/** Whether a newer build of the page is on the server. */
import { RequestError, send } from '@/shared/http';

/** The scripts that a start of the page asks for. Pure. */
export function scriptsOf(html: string): readonly string[] {
  return [...html.matchAll(/<script[^>]+src="([^"]+)"/g)].map(([, source = '']) => source);
}

/** Whether the server's start of the page is another build's than the one that runs. Pure. */
export function isOtherBuild(running: readonly string[], html: string): boolean {
  const offered = scriptsOf(html);
  // What is no start of the page at all (a proxy's word, a login) says nothing.
  return (
    offered.some((script) => script.startsWith('/ocweb/')) &&
    !offered.every((script) => running.includes(script))
  );
}

function runningScripts(): string[] {
  return [...document.scripts].map(({ src }) => new URL(src, location.href).pathname);
}

/** False also where the server cannot be asked. */
export async function isOutdated(): Promise<boolean> {
  try {
    const answer = await send('/', { redirect: 'error', headers: { Accept: 'text/html' } });
    return isOtherBuild(runningScripts(), await answer.text());
  } catch (error) {
    if (error instanceof RequestError) return false;
    throw error;
  }
}
