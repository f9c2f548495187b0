// The quick run: measures all contenders on all payload sets. Each set is prepared, verified, then measured.

import canonicalize from 'canonicalize'
import { performance } from 'node:perf_hooks'
import { createProcessor, type Contract } from 'sidelane'
import { lineUp, type Hosts } from '../contenders.ts'
import { ourContract } from '../contracts/ours.ts'
import type { CpuMeter } from '../../src/measure/cpu.ts'
import type { Variant } from '../../src/measure/slots.ts'
import { WrongAnswer } from '../../src/measure/wrong-answer.ts'
import { measure } from '../measure/rounds.ts'
import { verify, type Reference } from '../measure/verify.ts'
import { BadPayloads, type PayloadSet } from '../payloads/sets.ts'
import { toRows, type Row, type Sizes } from '../report/row.ts'

/** A measured set. */
export interface SetReport {
  readonly name: string
  readonly origin: string
  readonly count: number
  readonly available: number
  readonly distinct: number
  readonly meanBytes: number
  readonly contract: {
    readonly name: string
    readonly id: string
    readonly codec: string
    readonly level: number | null
  }
  /** Payloads of the user's file that the contract rejects; they are not timed. */
  readonly refused: number
  /** Code and pointer of the first one. */
  readonly firstRefusal: string | null
  /** The cost of JSON.stringify for a caller that has an object instead of bytes. */
  readonly stringifyUs: number
  readonly leftOut: Readonly<Record<string, string>>
}

export interface CompareOptions {
  readonly hosts: Hosts
  readonly wanted: ReadonlySet<string>
  readonly rounds: number
  readonly minRounds: number
  /** The time budget of this set, including verification. */
  readonly budgetMs: number
  /** Calls in flight, for the pools. Ratios refer to the first value. */
  readonly depths: readonly number[]
  readonly meter: CpuMeter
  /** Progress of this set, from 0 to 1. */
  readonly onProgress: (what: string, done: number) => void
}

export interface Compared {
  readonly report: SetReport
  readonly rows: readonly Row[]
}

export async function compare(set: PayloadSet, options: CompareOptions): Promise<Compared> {
  const from = performance.now()
  options.onProgress('verify', 0)
  const contract = ourContract(set.contract, 'sha-256')
  const examined = await examine(set, contract)
  const { payloads, references } = examined
  const lineup = lineUp(set.contract, options.hosts, options.wanted)
  try {
    const leftOut = new Map(lineup.leftOut)
    const variants: Variant[] = []
    const sizes: Sizes[] = []
    for (const contender of lineup.contenders) {
      try {
        const verified = await verify(contender, payloads, references, contract.lock.compress.codec)
        for (const depth of contender.mode === 'pool' ? options.depths : [1]) {
          variants.push({ contender, depth, passBytes: verified.passBytes })
          sizes.push({ ...verified, payloads: payloads.length })
        }
      } catch (error) {
        // A peer made from the user's lock may interpret it differently. Then the work is not equal, and the peer is
        // left out.
        const derived = 'lockFile' in set.contract && contender.side === 'peer'
        if (!derived || !(error instanceof WrongAnswer)) throw error
        leftOut.set(contender.id, error.message)
      }
    }
    const timings = await measure(variants, payloads, {
      rounds: options.rounds,
      minRounds: options.minRounds,
      budgetMs: Math.max(1, options.budgetMs - (performance.now() - from)),
      meter: options.meter,
      onRound: (done, of) =>
        options.onProgress(
          done < 0 ? 'warm up' : `round ${Math.min(of, Math.floor(done) + 1)} of ${of}`,
          Math.max(0, done / of),
        ),
    })
    const report = describe(set, examined, leftOut)
    return { report, rows: toRows(set.name, variants, timings, sizes) }
  } finally {
    await lineup.close()
  }
}

/** The timed payloads, and the outcome that every contender must produce. */
export interface Examined {
  readonly contract: Contract
  readonly payloads: readonly Buffer[]
  readonly references: readonly Reference[]
  readonly refused: number
  readonly firstRefusal: string | null
}

/** The reference outcomes, from the js engine: the canonical text of each payload. */
export async function examine(set: PayloadSet, contract: Contract): Promise<Examined> {
  await using processor = await createProcessor(contract, { engine: 'js' })
  const payloads: Buffer[] = []
  const references: Reference[] = []
  let refused = 0
  let firstRefusal: string | null = null
  for (const payload of set.payloads) {
    const outcome = await processor.process(payload, { canonical: true })
    if (set.expect === 'reject' && outcome.ok) throw new WrongAnswer(`${set.name}: accepted, must be refused`)
    if (set.expect === 'accept' && !outcome.ok) {
      refused++
      firstRefusal ??=
        `${outcome.code} at "${outcome.issues[0]?.pointer ?? ''}" ${outcome.issues[0]?.keyword ?? ''}`.trim()
      if (!('lockFile' in set.contract))
        throw new WrongAnswer(`${set.name}: refused, must be accepted: ${firstRefusal}`)
      continue
    }
    payloads.push(payload)
    references.push(outcome.ok ? reread(set.name, Buffer.from(outcome.canonical).toString()) : null)
  }
  if (payloads.length === 0)
    throw new BadPayloads(`The contract refuses every payload of ${set.origin}; the first: ${String(firstRefusal)}`)
  return { contract, payloads, references, refused, firstRefusal }
}

/** The reference comes from our own engine, so an independent writer of RFC 8785 must agree with it. */
function reread(set: string, text: string): string {
  if (canonicalize(JSON.parse(text)) !== text) throw new WrongAnswer(`${set}: the reference is not the canonical form`)
  return text
}

function describe(set: PayloadSet, examined: Examined, leftOut: ReadonlyMap<string, string>): SetReport {
  const { contract, payloads, refused, firstRefusal } = examined
  const { codec, level } = contract.lock.compress
  const own = ourContract(set.contract, 'none')
  return {
    name: set.name,
    origin: set.origin,
    count: payloads.length,
    available: set.available,
    distinct: new Set(payloads.map((payload) => payload.toString('latin1'))).size,
    meanBytes: payloads.reduce((sum, payload) => sum + payload.length, 0) / payloads.length,
    contract: { name: own.name, id: own.id, codec, level: level ?? null },
    refused,
    firstRefusal,
    stringifyUs: stringifyUs(payloads),
    leftOut: Object.fromEntries(leftOut),
  }
}

function stringifyUs(payloads: readonly Buffer[]): number {
  const values = payloads.map((payload) => JSON.parse(payload.toString()) as unknown)
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const from = performance.now()
    for (const value of values) JSON.stringify(value)
    best = Math.min(best, performance.now() - from)
  }
  return (best * 1000) / values.length
}
