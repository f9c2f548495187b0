// The door of layer/.

export { admission } from './admission.ts'
export { ResultCache } from './cache.ts'
export { cancel } from './cancel.ts'
export { deadline } from './deadline.ts'
export { PlacedHost, type HostParts } from './host.ts'
export { Life } from './life.ts'
export { Counters } from './observe.ts'
export { Roll } from './roll.ts'
