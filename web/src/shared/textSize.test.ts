import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const source = join(import.meta.dirname, '..');
const styles = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.css'),
);

it('everything with letters in it follows the setting “text size”', () => {
  const inPixels = styles.flatMap((name) =>
    readFileSync(join(source, name), 'utf8')
      .split('\n')
      .filter((line) => /^\s*font(-size)?:[^;]*\dpx/.test(line))
      .map((line) => `${name}: ${line.trim()}`),
  );
  expect(styles.length).toBeGreaterThan(10);
  expect(inPixels).toEqual([]);
});
