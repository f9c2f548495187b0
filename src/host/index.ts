// The door of host/: one placement with its counters, its life cycle and its calls.

export { Counters } from './counters.ts'
export { PlacedHost, type HostParts } from './host.ts'
export { Life } from './lifecycle.ts'
export { Roll } from './active-calls.ts'
