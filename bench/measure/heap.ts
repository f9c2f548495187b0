// Collects the heap on demand, between timed stretches only.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// The flag may be set late: a new context gets the function.
setFlagsFromString('--expose-gc')

/** A full collection, now. */
export const collect = runInNewContext('gc') as () => void
