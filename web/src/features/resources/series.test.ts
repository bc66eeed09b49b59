import { describe, expect, it } from 'vitest';
import type { LoadSample } from '@/shared/api/admin';
import { beginning, extremes, height, line, loadWords, memoryWords, width } from './series';

const begin = Date.parse('2026-11-21T10:00:00Z');

function sample(minute: number, used: number, opencode: number | null = null): LoadSample {
  return {
    at: new Date(begin + minute * 60_000).toISOString(),
    memory_used_bytes: used,
    memory_total_bytes: 1000,
    load_1: used / 100,
    disk_available_bytes: 1,
    opencode_memory_bytes: opencode,
  };
}

const used = ({ memory_used_bytes }: LoadSample) => memory_used_bytes;
const opencode = ({ opencode_memory_bytes }: LoadSample) => opencode_memory_bytes;
const frame = { from: begin, to: begin + 10 * 60_000, top: 1000, interval: 60 };

describe('a line', () => {
  it('goes from the left edge to the right one, by time', () => {
    const path = line([sample(0, 0), sample(1, 500), sample(2, 1000)], used, {
      ...frame,
      to: begin + 120_000,
    });
    expect(path).toBe(`M0.0 ${height}.0h0L${width / 2}.0 ${height / 2}.0L${width}.0 0.0`);
  });

  it('is broken where nothing was measured, and does not end above the edge', () => {
    const samples = [sample(0, 0), sample(1, 0), sample(5, 4000), sample(6, 0)];
    expect(line(samples, used, frame)).toBe('M0.0 72.0h0L30.0 72.0M150.0 0.0h0L180.0 72.0');
    expect(line([sample(1, 0, 5), sample(2, 0), sample(3, 0, 5)], opencode, frame).match(/M/g)).toHaveLength(
      2,
    );
  });

  it('begins within the time that is shown', () => {
    expect(line([sample(-2, 5), sample(-1, 5)], used, frame)).toBe('');
  });
});

it('begins with what was measured, but for a short time', () => {
  const now = begin + 60 * 60_000;
  const hour = 60 * 60_000;
  expect(beginning([sample(20, 1), sample(30, 1)], 6, now)).toBe(begin + 20 * 60_000);
  expect(beginning([sample(59, 1)], 6, now)).toBe(now - hour / 6);
  expect(beginning([sample(-600, 1)], 6, now)).toBe(now - 6 * hour);
  expect(beginning([sample(-299, 1)], 6, now)).toBe(now - 6 * hour);
  expect(beginning([], 1, now)).toBe(now - hour / 6);
});

describe('the words', () => {
  it('say what is now and when the most was', () => {
    const samples = [sample(0, 300, 7), sample(1, 840, 9), sample(2, 612)];
    const memory = extremes(samples, used);
    expect(memory).toEqual({ now: 612, peak: 840, peakAt: begin + 60_000 });
    if (!memory) throw new Error('there are samples');
    expect(memoryWords(memory, 1000)).toMatch(/^612 B of 1\.0 kB now, at most 840 B \(.+\)$/);
    expect(loadWords({ ...memory, now: 0.44, peak: 2.06 })).toMatch(/^0\.4 now, at most 2\.1 \(/);
    const alone = extremes(samples, opencode);
    expect(alone && memoryWords(alone, null)).toMatch(/^not running now, at most 9 B/);
  });

  it('are missing when nothing was measured', () => {
    expect(extremes([], used)).toBeNull();
    expect(extremes([sample(0, 1)], opencode)).toBeNull();
  });
});
