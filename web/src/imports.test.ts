// Which way imports go is held by the linter: here it is seen that its rules say what they mean.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const web = resolve(import.meta.dirname, '..');

/** From where what may be imported, and what not. */
const rules = [
  { from: 'src/features/one/a.ts', may: ['@/shared/format', '@/features/events/store', './part/b'] },
  {
    from: 'src/features/one/a.ts',
    mayNot: ['@/features/other/b', '../other/b', '@/app/App', '../../app/App'],
  },
  { from: 'src/features/one/part/b.ts', may: ['@/shared/format', '@/features/events/store', '../a', './c'] },
  { from: 'src/features/one/part/b.ts', mayNot: ['@/features/other/b', '../../other/b', '@/app/App'] },
  { from: 'src/shared/part/a.ts', may: ['../format', '@/shared/http'] },
  { from: 'src/shared/part/a.ts', mayNot: ['@/features/one/a', '../../features/one/a', '@/app/App'] },
  { from: 'src/sw/a.ts', mayNot: ['@/features/one/a', '../features/one/a'] },
  { from: 'src/app/A.tsx', may: ['@/features/one/a', '@/shared/format', './pages/B'] },
];

it('shared, features, app: each imports what is below it, and no feature another', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ocweb-imports-'));
  try {
    copyFileSync(join(web, 'biome.jsonc'), join(folder, 'biome.jsonc'));
    for (const { from, may, mayNot } of rules) {
      for (const source of may ?? mayNot) {
        // Each import is a file of its own, beside the one that it is said of.
        const name = `${may ? 'may' : 'not'}-${source.replaceAll(/\W/g, '_')}.ts`;
        const path = join(folder, dirname(from), name);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, `import { x } from '${source}';\nexport const y = x;\n`);
      }
    }
    const { stdout, stderr } = spawnSync(
      join(web, 'node_modules/.bin/biome'),
      ['lint', '--reporter=github'],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    const refused = [...stdout.matchAll(/noRestrictedImports.*?file=([^,]+)/g)].map(([, file = '']) =>
      relative(folder, file),
    );
    const wanted = rules.flatMap(({ from, mayNot = [] }) =>
      mayNot.map((source) => `${dirname(from)}/not-${source.replaceAll(/\W/g, '_')}.ts`),
    );
    expect(refused.toSorted(), stderr).toEqual(wanted.toSorted());
  } finally {
    rmSync(folder, { recursive: true });
  }
});
