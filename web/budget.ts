/** What the page may weigh before the first prompt can be typed. A build that weighs more fails. */
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** Kilobytes, gzip: what one script after the other adds up to, and everything that must arrive. */
const most = { scripts: 120, everything: 150 };

/** Adds up the page's entry, what it imports at once, and its styles. */
export const budget: Plugin = {
  name: 'budget',
  apply: 'build',
  // After the styles have been put together.
  enforce: 'post',
  generateBundle(_options, bundle) {
    const size = (content: string | Uint8Array) => gzipSync(content).length / 1000;
    const scripts = new Map<string, number>();
    const styles = new Set<string>();
    const add = (name: string) => {
      const chunk = bundle[name];
      if (chunk?.type !== 'chunk' || scripts.has(name)) return;
      scripts.set(name, size(chunk.code));
      for (const style of chunk.viteMetadata?.importedCss ?? []) styles.add(style);
      chunk.imports.forEach(add);
    };
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === 'chunk' && chunk.isEntry && chunk.facadeModuleId?.endsWith('/index.html'))
        add(chunk.fileName);
    }
    const sum = (sizes: Iterable<number>) => [...sizes].reduce((total, one) => total + one, 0);
    const ofScripts = sum(scripts.values());
    const ofStyles = sum(
      [...styles].map((name) => {
        const asset = bundle[name];
        return asset?.type === 'asset' ? size(asset.source) : 0;
      }),
    );
    if (ofScripts === 0) this.error('budget: the page has no entry any more');
    const list = [...scripts].map(([name, kilobytes]) => `${name} ${kilobytes.toFixed(1)}`).join(', ');
    const found = `${ofScripts.toFixed(1)} kB of scripts (${list}) and ${ofStyles.toFixed(1)} kB of styles`;
    if (ofScripts > most.scripts || ofScripts + ofStyles > most.everything) {
      this.error(
        `budget: before the first prompt can be typed there are ${found}; at most ${most.scripts} and ${most.everything} in all. Load what is not needed at once by import().`,
      );
    }
    this.info(`before the first prompt: ${found}`);
  },
};
