/** Time as it passes for the network, in milliseconds: it goes on while the device sleeps. */

/** A difference between the two clocks beyond this is sleep. */
const tolerance = 1_000;

/**
 * `performance.now()` stands still while some devices sleep, and `Date.now()` may be set back: this is the first of
 * them, and the second's lead whenever that grows.
 */
export function createClock(): () => number {
  let lead = Date.now() - performance.now();
  let slept = 0;
  return () => {
    const steady = performance.now();
    const grown = Date.now() - steady - lead;
    if (Math.abs(grown) > tolerance) {
      lead += grown;
      slept += Math.max(grown, 0);
    }
    return steady + slept;
  };
}
