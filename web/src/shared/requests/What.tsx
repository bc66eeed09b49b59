/** What is to be permitted, in full: in a box that scrolls by itself, so that the buttons stay where they are. */
import { DiffLines } from '@/shared/diff/DiffLines';
import { parsePatch } from '@/shared/diff/patch';
import type { Permitted } from './permission';

export function What({ what, purpose, diffs }: Permitted) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard.
    <section className="card-what" aria-label="What it asks for" tabIndex={0}>
      {purpose !== null && <p className="dim">{purpose}</p>}
      {what !== '' && <pre>{what}</pre>}
      {diffs.map(({ path, patch }) => (
        <div key={path}>
          <p className="card-path">{path}</p>
          <DiffLines lines={parsePatch(patch)} label={path} />
        </div>
      ))}
    </section>
  );
}
