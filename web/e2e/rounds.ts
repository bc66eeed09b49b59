// What is promised to hold many times is tried a few times with each change, and all the times by `OCWEB_ROUNDS=all`.

/** How often it is done in this run. */
export function rounds(few: number, all: number): number {
  return process.env.OCWEB_ROUNDS === 'all' ? all : few;
}
