import { describe, expect, it } from 'vitest';
import type { Disk } from '@/shared/api/admin';
import { diskItems, diskParts, share } from './diskParts';

const disk: Disk = {
  volume: { path: '/vol', total_bytes: 1000, used_bytes: 600, available_bytes: 350 },
  repos: [
    { name: 'demo/small', path: '/vol/small', size_bytes: 50 },
    { name: 'demo/large', path: '/vol/large', size_bytes: 200 },
  ],
  worktrees: [{ repo: 'demo/large', session_id: 'ses_1', path: '/vol/ses_1', size_bytes: 90 }],
  opencode: { path: '/vol/opencode', size_bytes: 100 },
  ocweb: { path: '/vol/ocweb', size_bytes: 0 },
  measured_at: '2026-11-21T10:00:00Z',
};

const sizes = (of: Disk) => Object.fromEntries(diskParts(of).map(({ kind, bytes }) => [kind, bytes]));

describe('the parts of the volume', () => {
  it('add up to all of it: what the system keeps back is with what has no name', () => {
    expect(sizes(disk)).toEqual({
      clones: 250,
      worktrees: 90,
      opencode: 100,
      ocweb: 0,
      other: 210,
      free: 350,
    });
  });

  it('add up though what is free and what was counted are of different moments', () => {
    const volume = { ...disk.volume, available_bytes: 900 };
    const parts = sizes({ ...disk, volume });
    expect(parts).toMatchObject({ other: 0, free: 560 });
    // Counted on other file systems too.
    expect(sizes({ ...disk, volume: { ...volume, total_bytes: 100 } })).toMatchObject({ other: 0, free: 0 });
  });

  it('hold their things by size', () => {
    expect(diskItems(disk).map(({ path, bytes }) => [path, bytes])).toEqual([
      ['/vol/large', 200],
      ['/vol/opencode', 100],
      ['/vol/ses_1', 90],
      ['/vol/small', 50],
      ['/vol/ocweb', 0],
    ]);
  });
});

it('says shares in words', () => {
  expect([0, 1, 10, 994, 1000].map((bytes) => share(bytes, 1000))).toEqual([
    '0 %',
    '< 1 %',
    '1 %',
    '99 %',
    '100 %',
  ]);
  expect(share(0, 0)).toBe('0 %');
});
