// Entry point of host/: one placement with its processors, their counters, life cycles and streams.

export { Counters } from './counters.ts'
export { PlacedHost } from './host.ts'
export { HostLifecycle } from './lifecycle.ts'
