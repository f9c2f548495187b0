// The twin of binding.ts for runtimes without Node: there is no addon.

import type { Failure } from './binding.ts'

export const loadBinding = (): Failure => ({
  error: new AggregateError([], 'The native engine needs Node.'),
  tried: [],
})
