// Collects garbage on demand, between measurements.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// The flag may be set at run time: only a new context gets the function.
setFlagsFromString('--expose-gc')

const gc = runInNewContext('gc') as (options?: { type: 'minor' }) => void

/** Runs a full collection. */
export const collect = (): void => gc()

/** Runs a cheap collection of young objects. */
export const collectYoung = (): void => gc({ type: 'minor' })
