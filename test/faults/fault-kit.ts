// Shared by the fault rows: a trial on a placement, payloads that trigger faults of the faulty worker, and a seeded mix of
// harmless ones.
import { createHost, type HostOptions, type ProcessOptions } from 'sidelane'
import { onTestFinished, type TestContext } from 'vitest'
import { seeded } from '../../bench/payloads/random.ts'
import { faultyWorker, tick } from '../support/faulty.ts'
import { contractOf } from '../support/locks.ts'
import { engineKinds, needEngine, type EngineKind } from '../support/need.ts'
import { seed } from '../support/seed.ts'
import { expectHoldings, holdings, Trial, type Ending } from './oracles.ts'

export { act, faultyWorker, faultyWorkerSource, hold, tick } from '../support/faulty.ts'
export { freshFile } from '../support/folders.ts'
export type { Ending, Trial } from './oracles.ts'

/** The placements and engines on which a row runs. */
export interface Place {
  readonly placement: 'inline' | 'pool'
  readonly engine: EngineKind
}

export const pools: readonly Place[] = engineKinds.map((engine) => ({ placement: 'pool', engine }))
export const inlines: readonly Place[] = engineKinds.map((engine) => ({ placement: 'inline', engine }))
export const everywhere: readonly Place[] = [...inlines, ...pools]

/** The contract of all trials: accepts all JSON. */
export const anything: ReturnType<typeof contractOf> = contractOf({}, { name: 'anything' })

console.log(`seed ${seed} (SIDELANE_SEED=${seed} runs the same payloads again)`)
const chance = seeded(seed)

const below = (limit: number): number => chance.int(0, limit - 1)

const makers: readonly (() => string)[] = [
  () => `[${below(1e9)}]`,
  () => `{"b":"${'é'.repeat(below(200))}","a":${below(1e6)}}`,
  () => `[${Array.from({ length: below(400) }, () => `{"id":${below(1e6)}}`).join()}]`,
  // Rejected payloads.
  () => `{"cut":"off at ${below(1e6)}`,
  () => `{"twice":${below(1e6)},"twice":0}`,
]

/** Harmless payloads, text and bytes; some are rejected. */
export function mix(count: number): (string | Uint8Array)[] {
  return Array.from({ length: count }, () => {
    const text = chance.pick(makers)()
    return chance.chance(0.5) ? text : Buffer.from(text)
  })
}

/** Inserts the faults among harmless payloads, at seeded positions. */
export function among(harmless: number, ...faults: string[]): (string | Uint8Array)[] {
  const payloads = mix(harmless)
  for (const fault of faults) payloads.splice(below(payloads.length + 1), 0, fault)
  return payloads
}

/** Fills both slots of the only worker with the payload. */
export async function occupy(trial: Trial, payload: string, options?: ProcessOptions): Promise<Promise<Ending>[]> {
  const first = trial.offer(payload, options)
  await tick()
  const second = trial.offer(payload, options)
  await tick()
  return [first, second]
}

/**
 * Opens a host, runs the body, then checks all oracles: while the host runs, and after its close. By default a pool has one
 * thread and the faulty worker. `ended`: the body ends the host itself. `rehearsed`: the body runs once before memory is
 * measured, because some memory grows with the load and is not freed.
 */
export async function onTrial(
  context: TestContext,
  { placement, engine }: Place,
  body: (trial: Trial) => Promise<void>,
  {
    ended = false,
    rehearsed = false,
    ...options
  }: HostOptions & { readonly ended?: boolean; readonly rehearsed?: boolean } = {},
): Promise<void> {
  needEngine(engine, context)
  const all: HostOptions = {
    placement,
    engine,
    ...(placement === 'pool' && { threads: 1, deadlineMs: 60_000, workerUrl: faultyWorker }),
    ...options,
  }
  // A first host allocates what is never freed: modules, threads of libuv, grown heaps.
  await using referenceHost = await createHost({ engine })
  const reference = referenceHost.processor(anything)
  await warmUp(all, rehearsed ? body : undefined)
  const before = holdings()

  const host = await createHost(all)
  onTestFinished(() => host.destroy())
  const processor = host.processor(anything)
  const trial = new Trial(host, processor, all.deadlineMs)
  const alive = holdings()
  await body(trial)
  await trial.judge(reference, ended ? before : alive)
  await host.close()
  await expectHoldings('O4: after the end', before)
}

async function warmUp(options: HostOptions, body?: (trial: Trial) => Promise<void>): Promise<void> {
  await using host = await createHost(options)
  const processor = host.processor(anything)
  for (let i = 0; i < 20; i++) await processor.process(`[${i}]`)
  await body?.(new Trial(host, processor, options.deadlineMs))
}
