// Entry point of placements/: where calls run. Policies stand in front of them (policies/).

export { AutoPlacement } from './auto/auto.ts'
export { FunctionPlacement } from './function.ts'
export { InlinePlacement } from './inline.ts'
export { PoolPlacement } from './pool/pool.ts'
export { ProcessorSide } from './processor-side.ts'
export { SidecarPlacement } from './sidecar/client.ts'
export { acceptUnprocessed, viaNone } from './unprocessed.ts'
export { PlacementWithFallback } from './with-fallback.ts'
