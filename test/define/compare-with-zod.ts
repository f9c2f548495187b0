// One random schema and its payloads: what both engines make of them against each other and against zod.

import * as fc from 'fast-check'
import { expect } from 'vitest'
import { nativeCalls } from '../../src/engine/native/index.ts'
import { createProcessor, defineContract, SidelaneError, type Contract, type Processor } from '../../src/index.ts'
import { fitting } from './payloads.ts'
import { near } from './near-values.ts'
import { payloadText } from './payload-text.ts'
import { evaluate } from './random-schemas.ts'
import { differences, hasRefusedInteger, type Comparison } from './zod-differences.ts'
import { tagged, zodOutcome } from './zod-outcome.ts'

export interface Case {
  readonly source: string
  readonly numbers: Comparison['numbers']
  /** Of its payloads and their spelling. */
  readonly seed: number
  /** Instead of random ones. */
  readonly payloads?: readonly unknown[]
}

/** Numbers of contracts and payloads, by what was found. */
export type Counts = Map<string, number>

const payloadsPerSchema = 12

/** Throws at the first difference that docs/contract.md does not list. */
export async function compareWithZod(
  { source, numbers, seed, payloads: given }: Case,
  counts: Counts,
  engines: EngineNames,
): Promise<void> {
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1)
  const schema = evaluate(source)
  const contract = contractOf(schema, numbers)
  count(contract === undefined ? 'refused' : 'contracts')
  if (contract === undefined) return
  const processors = await Promise.all(engines.map((engine) => createProcessor(contract, { engine, canonical: true })))
  const payloads = given ?? fc.sample(near(fitting(schema)), { seed, numRuns: payloadsPerSchema })
  for (const [i, value] of payloads.entries()) {
    const payload = asJson(value, numbers)
    const comparison = { source, schema, numbers, payload, text: payloadText(payload, 0) }
    // V8's own spelling takes the fast path.
    const text = i % 3 === 0 ? comparison.text : payloadText(payload, seed + i)
    const where = `${source}\nnumbers: ${numbers}, payload ${text}`
    const [shown, ...others] = await Promise.all(processors.map((processor) => shownOutcome(processor, text)))
    for (const other of others) expect(other, `${engines.join()}: ${where}`).toBe(shown)
    count('payloads')
    count(compareShown(shown as string, comparison, where))
  }
  await Promise.all(processors.map((processor) => processor.close()))
}

export type EngineNames = readonly ('js' | 'native')[]

/** undefined: the contract is refused, because a lock cannot express the schema. */
function contractOf(schema: Comparison['schema'], numbers: Comparison['numbers']): Contract | undefined {
  try {
    return defineContract({ name: 'any', schema, numbers, digest: 'none', compress: { codec: 'none' } })
  } catch (error) {
    if (error instanceof SidelaneError && error.code === 'contract.unsupported') return undefined
    throw error
  }
}

/** The document and the value of an accepted payload, the code and the issues of another one. */
async function shownOutcome(processor: Processor<unknown, unknown, true>, text: string): Promise<string> {
  const calls = nativeCalls()
  const outcome = await processor.process(text)
  if (processor.engine.kind === 'native') expect(nativeCalls()).toBeGreaterThan(calls)
  if (!outcome.ok) return `${outcome.code} ${JSON.stringify(outcome.issues)}`
  return `${Buffer.from(outcome.canonical).toString()} as ${tagged(outcome.value())}`
}

/** Returns what the comparison was about. */
function compareShown(shown: string, comparison: Comparison, where: string): string {
  if (hasRefusedInteger(comparison)) {
    expect(shown, where).toMatch(/^number\.unsafe_integer /)
    return 'integers out of range'
  }
  const known = Object.entries(differences).find(([, isDifferent]) => isDifferent(comparison))
  if (known !== undefined) return known[0]
  const expected = zodOutcome(comparison.schema, comparison.payload)
  if (expected.ok) expect(shown, where).toBe(`${expected.document} as ${expected.value}`)
  else expect(shown, where).toMatch(/^validate\.failed /)
  return expected.ok ? 'accepted' : 'rejected'
}

/** A value of JSON, with bigints for the integers that are written with all digits and are no safe integers. */
function asJson(value: unknown, numbers: Comparison['numbers']): unknown {
  if (value === undefined) return null
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (typeof value === 'number') {
    const isWide = Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21
    return isWide && numbers === 'int64' ? BigInt(value) : value
  }
  if (Array.isArray(value)) return value.map((item) => asJson(item, numbers))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]): [string, unknown][] =>
      member === undefined ? [] : [[key.toWellFormed(), asJson(member, numbers)]],
    ),
  )
}
