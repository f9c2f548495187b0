// Waits, but not for ever.

/** Resolves when the work is done, or when its time is over. */
export async function within(limitMs: number, work: Promise<void> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)))
  await Promise.race([work, late])
  clearTimeout(timer)
}
