// A bound on how long a promise is awaited.

/** Resolves when the work is done or the time is over. Rejects when the work rejects within the time. */
export async function withTimeout(limitMs: number, work: Promise<void> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)))
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
