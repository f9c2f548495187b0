// Collects the heap on demand, between timed stretches only.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// The flag may be set late: a new context gets the function.
setFlagsFromString('--expose-gc')

const gc = runInNewContext('gc') as (options?: { type: 'minor' }) => void

/** A full collection, now. */
export const collect = (): void => gc()

/** What the last moments left behind: cheap. */
export const collectYoung = (): void => gc({ type: 'minor' })
