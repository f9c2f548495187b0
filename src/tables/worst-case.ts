// What a payload may cost at most: heap and time of the js engine. Measured by `npm run bench -- --heap`, which fails when a
// shape needs more than the table says.

export const worstCase = {
  /** Heap for a byte of the payload: lists in lists (`[[[[]]]]`) and objects whose keys all differ take 28 to 31. */
  heapPerByte: 40,
  /** The same under a contract whose verdicts are remembered while branches of unions are tried: an entry for each container. */
  rememberingHeapPerByte: 72,
  /** Heap of a thread beside its payload: modules, compiled contracts, the young generation. */
  baseHeapBytes: 33_554_432,
  /** Heap of a compiled contract for a byte of its lock. */
  heapPerLockByte: 64,
  /** Time for a byte of the payload, in µs: objects with one short key, three times slower than measured. */
  usPerByte: 1,
  /** Time for a step of a contract (contract/lock/cost.ts), in µs. */
  usPerStep: 0.05,
} as const
