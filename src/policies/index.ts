// The door of policies/: what a call passes on its way to the placement. Each policy is a file and a `Layer`.

export { admission } from './admission.ts'
export { ResultCache } from './cache.ts'
export { cancel } from './cancel.ts'
export { deadline } from './deadline.ts'
