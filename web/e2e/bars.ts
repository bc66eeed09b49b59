// Times: those that a promise names, measured where other work goes on beside the tests, and the one for all others.

/**
 * How long anything is waited for that is no promise, in milliseconds. It only keeps a test from hanging: a machine that is
 * busy with something else makes one wait of a hundred ten times as long, and proves nothing by that.
 */
export const PATIENCE = 120_000;

const OVER = 'is over its bar of';

/**
 * Which failures are tried again (`vitest.e2e.config.ts`): a time that is over its bar, and nothing else. What else the
 * machine does only ever adds to a time, so one of three that is within its bar shows that it is kept.
 */
export const isTriedAgain = new RegExp(OVER);

/** Fails where it took `milliseconds` and has to take less than `bar`. For tests that can be done again in the same stack. */
export function keepsBar(what: string, milliseconds: number, bar: number): void {
  if (milliseconds >= bar) throw new Error(`${what}: ${Math.round(milliseconds)} ms ${OVER} ${bar} ms`);
}
