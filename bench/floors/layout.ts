// What the floors' two sides send to each other: frames of the sizes of WIRE.md, and batches of the sizes of our pool, with the
// fewest fields that a bare loop needs.

/** A frame: u32 length of what follows · u32 id · … , and an outcome: digest (32 bytes) at 16, body from 48 on. */
export const frameHead = 24
export const idAt = 8
export const outcomeHead = 48
export const digestAt = 16

/** A batch of the pool: for each payload its offset, its length, the offset of its outcome and the outcome's length. */
export const itemWords = 4
export const maxBatch = 64

/** The time of the work that a floor does not do: about that of the native engine for a byte. */
const workNsPerByte = 9

/**
 * Waits as long as the work on `bytes` takes since `from`. Without it, answers would come sooner and in other batches, with fewer
 * wake-ups of the measured thread.
 */
export function waitForWork(bytes: number, from: number): void {
  for (const until = from + (bytes * workNsPerByte) / 1e6; performance.now() < until;);
}
