// The door of placement/. The workers' entry, pool/worker.ts, is started by its file.

export { PoolPlacement } from './pool/pool.ts'
export type { FirstContract } from './pool/records.ts'
