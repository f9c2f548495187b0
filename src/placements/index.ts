// The door of placement/. The workers' entry, pool/worker.ts, is started by its file.

export { AutoPlacement } from './auto/auto.ts'
export { InlinePlacement } from './inline.ts'
export { PoolPlacement } from './pool/pool.ts'
export { SidecarPlacement } from './sidecar/client.ts'
export type { FirstContract } from './pool/worker-contracts.ts'
