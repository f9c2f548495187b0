// The `thresholds` check of `sidelane doctor`: measures the thresholds of `placement: 'auto'` on this machine.

import { createHost } from '../create.ts'
import type { Check } from './doctor-check.ts'

const id = 'thresholds'
/** A round trip to a worker takes longer than this only when the system schedules threads late. */
const slowHopUs = 1000

export async function checkThresholds(): Promise<Check> {
  try {
    await using host = await createHost({ placement: 'auto', threads: 1 })
    const { thresholds } = host
    if (thresholds === undefined) return { id, status: 'fail', found: 'not measured' }
    const { inlineMaxBytes, inlineBudgetUs, hopUs, perKibUs } = thresholds
    const found = `auto runs up to ${(inlineMaxBytes / 1024).toFixed(1)} KiB inline, ${inlineBudgetUs.toFixed(0)} µs a turn; a KiB takes ${perKibUs.toFixed(1)} µs, a round trip to a worker ${hopUs.toFixed(0)} µs`
    const details = { ...thresholds }
    if (hopUs < slowHopUs) return { id, status: 'ok', found, details }
    const advice = 'Workers answer late: the machine is busy, or has a single core.'
    return { id, status: 'warn', found, advice, details }
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string }
    return { id, status: 'fail', found: `${code ?? 'error'}: ${message}`, advice: 'See the self-tests of the pool.' }
  }
}
