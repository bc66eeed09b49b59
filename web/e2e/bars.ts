// Times that a promise names, measured where other work goes on beside the tests.

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
