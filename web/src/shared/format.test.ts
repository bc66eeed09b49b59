import { describe, expect, it } from 'vitest';
import { ago } from './ago';
import { age, bytes, duration, plural, relativePath } from './format';

describe('format', () => {
  it('bytes', () => {
    expect([0, 999, 1000, 1536, 81_000_000, 999_950_000_000].map(bytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '1.5 kB',
      '81.0 MB',
      '1000 GB',
    ]);
  });

  it('ages and durations', () => {
    expect([-5, 59_000, 60_000, 3_600_000, 90_000_000].map(age)).toEqual(['now', 'now', '1m', '1h', '1d']);
    expect([-90_000, 59_000, 60_000].map(ago)).toEqual(['just now', 'just now', '1m ago']);
    expect([-1, 400, 9_940, 12_400, 59_600, 185_000].map(duration)).toEqual([
      '0.0s',
      '0.4s',
      '9.9s',
      '12s',
      '60s',
      '3m 05s',
    ]);
  });

  it('plurals and paths', () => {
    expect([plural(1, 'file'), plural(1234, 'file')]).toEqual(['1 file', '1,234 files']);
    expect(relativePath('/d/a/b', '/d/a')).toBe('b');
    expect(relativePath('/d/ab', '/d/a')).toBe('/d/ab');
  });
});
