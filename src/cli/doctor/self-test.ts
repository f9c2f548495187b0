// The checks of `sidelane doctor` that run a host: the thresholds of placement `auto`, and the self-test, which processes
// one sample with each engine inline, in a pool and in placement auto, and compares the digests.

import type { AutoThresholds, EngineName, PlacementName } from '../../model/index.ts'
import { parseLock } from '../../contract/index.ts'
import { createHost, createProcessor } from '../../create.ts'
import { failedBy, failUnless, warnUnless, type Check } from './check.ts'

/** A round trip to a worker takes longer than this only when the system schedules threads late. */
const slowHopUs = 1000

const lock = {
  profile: 'p1',
  unicode: '15.0',
  name: 'doctor',
  schema: {
    type: 'object',
    properties: {
      name: { type: 'string', 'x-norm': ['trim', 'nfc', 'lower'] },
      amount: { type: 'number', minimum: 0 },
    },
    required: ['name'],
    additionalProperties: false,
  },
}

/** Unsorted keys, a non-canonical number, and a name that trim, NFC and lower change. */
const sample = '{ "name": " Ame\u0301lie \\u00C9. ", "amount": 1.50e1 }'
/** SHA-256 of `{"amount":15,"name":"amélie é."}`. */
const expected = 'e2896ba1ce0b26c08a181c44abff2755fd28e02dd3b53f1a3f9d4fbb2e4e0127'

const maxStartMs = 2000

export async function checkThresholds(): Promise<Check> {
  const id = 'thresholds'
  try {
    await using host = await createHost({ placement: 'auto', threads: 1 })
    const { inlineMaxBytes, inlineBudgetUs, hopUs, perKibUs } = host.thresholds as AutoThresholds
    const found = `auto runs up to ${(inlineMaxBytes / 1024).toFixed(1)} KiB inline, ${inlineBudgetUs.toFixed(0)} µs a turn; a KiB takes ${perKibUs.toFixed(1)} µs, a round trip to a worker ${hopUs.toFixed(0)} µs`
    const advice = 'Workers answer late: the machine is busy, or has a single core.'
    return warnUnless(hopUs < slowHopUs, id, found, { ...host.thresholds }, advice)
  } catch (error) {
    return failedBy(error, id, 'See the self-tests of the pool.')
  }
}

export async function selfTest(engines: readonly EngineName[], placements: readonly PlacementName[]): Promise<Check[]> {
  const checks: Check[] = []
  // Sequential, because the start-up times are reported.
  for (const engine of engines) for (const placement of placements) checks.push(await runSample(engine, placement))
  return checks
}

async function runSample(engine: EngineName, placement: PlacementName): Promise<Check> {
  const id = `self-test.${engine}.${placement}`
  const from = performance.now()
  try {
    await using processor = await createProcessor(parseLock(JSON.stringify(lock)), { engine, placement, threads: 1 })
    const startMs = performance.now() - from
    const outcome = await processor.process(sample)
    const details = { startMs: Math.round(startMs), outcome: outcome.ok ? outcome.digest : outcome.code }
    if (!outcome.ok || outcome.digest !== expected) {
      const wrong = `the sample gave ${outcome.ok ? `digest ${outcome.digest}` : outcome.code}`
      return failUnless(
        false,
        id,
        wrong,
        details,
        'Do not use this engine here; please report it with the output of --json.',
      )
    }
    const found = `the digest is right, ready after ${startMs.toFixed(0)} ms`
    return warnUnless(startMs <= maxStartMs, id, found, details, 'Slow start: the machine or the disk is busy.')
  } catch (error) {
    const advice = 'The placement does not run here: reinstall the package, and check the limits of threads and memory.'
    return failedBy(error, id, advice)
  }
}
