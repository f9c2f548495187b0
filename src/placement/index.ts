// The door of placement/. The workers' entry, pool/worker.ts, is started by its file.

export { InlinePlacement } from './inline.ts'
export { PoolPlacement, type FirstContract } from './pool/pool.ts'
