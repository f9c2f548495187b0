// The door of layer/.

export { admission } from './admission.ts'
export { cancel } from './cancel.ts'
export { deadline } from './deadline.ts'
export { PlacedHost } from './host.ts'
export { Life } from './life.ts'
export { Counters } from './observe.ts'
