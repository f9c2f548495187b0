// The seed of random tests. A test prints it, with the variable that repeats the run.

/** SIDELANE_SEED, or another one in each run. */
export const seed = Number(process.env['SIDELANE_SEED'] ?? Date.now() & 0x7fffffff)

/** How many cases a property is tried on: SIDELANE_RUNS, or one of the two numbers. */
export const runs = (inCi: number, elsewhere = inCi): number =>
  Number(process.env['SIDELANE_RUNS'] ?? (process.env['CI'] ? inCi : elsewhere))
