// Entry point of host/: one placement with its processors, their counters, life cycles and streams.

export { Counters, type PolicyStats } from './counters.ts'
export { PlacedHost } from './host.ts'
export { HostLifecycle } from './lifecycle.ts'
export type { HostParts } from './processor.ts'
