// The self-test of `sidelane doctor`: processes one sample with each engine on each placement and compares the digests.

import type { EngineName, PlacementName } from '../model/index.ts'
import { parseLock } from '../contract/index.ts'
import { createProcessor } from '../create.ts'
import type { Check } from './doctor-check.ts'

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
    if (!outcome.ok || outcome.digest !== expected)
      return {
        id,
        status: 'fail',
        found: `the sample gave ${outcome.ok ? `digest ${outcome.digest}` : outcome.code}`,
        advice: 'Do not use this engine here; please report it with the output of --json.',
        details,
      }
    const found = `the digest is right, ready after ${startMs.toFixed(0)} ms`
    if (startMs <= maxStartMs) return { id, status: 'ok', found, details }
    const advice = 'Slow start: the machine or the disk is busy.'
    return { id, status: 'warn', found, advice, details }
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string }
    return {
      id,
      status: 'fail',
      found: code === undefined ? message : `${code}: ${message}`,
      advice: 'The placement does not run here: reinstall the package, and check the limits of threads and memory.',
    }
  }
}
