// Entry point of placements/: where calls run. Policies stand in front of them (policies/).

export { AutoPlacement } from './auto/auto.ts'
export { InlinePlacement } from './inline.ts'
export { PoolPlacement } from './pool/pool.ts'
export { SidecarPlacement } from './sidecar/client.ts'
