// Our options, as an app opens them, and the verification of what they answer. Today’s way is in today.ts.

import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { createHost } from '../create.ts'
import { parseContract } from '../contract/index.ts'
import type { Contract, EngineReport, Host, HostOptions, LockDocument, Outcome } from '../model/index.ts'
import type { Contender } from '../measure/contender.ts'
import { childrenOf } from '../measure/processes.ts'
import { WrongAnswer } from '../measure/wrong-answer.ts'
import { contentOf } from './codec.ts'
import type { LoadedWork } from './loaded-work.ts'
import type { OptionId } from './record.ts'
import type { Outage, Work } from './work.ts'

export interface SidelaneOption {
  readonly engine: EngineReport
  /** Throws WrongAnswer. */
  load(work: Work & { readonly payloads: readonly Buffer[] }): Promise<LoadedWork>
  outage(work: LoadedWork): Promise<Outage>
}

/** So long that a slow machine refuses no call. */
const patient = { deadlineMs: 60_000, maxQueueMs: 60_000 }

const optionsOf = (id: OptionId, threads: number): HostOptions => {
  if (id === 'inline-js') return { placement: 'inline', engine: 'js' }
  if (id === 'inline-native') return { placement: 'inline', engine: 'native' }
  return id === 'pool' ? { placement: 'pool', threads, ...patient } : { placement: 'sidecar', launch: true, ...patient }
}

/** Rejects as `createHost` does. */
export async function openSidelane(id: OptionId, threads: number): Promise<SidelaneOption> {
  const host = await createHost(optionsOf(id, threads))
  return { engine: host.engine, load: (work) => loadSidelane(id, host, work), outage }
}

const contractOf = ({ lock, dictionary }: Pick<Work, 'lock' | 'dictionary'>): Contract =>
  parseContract(lock, dictionary === undefined ? {} : { dictionary })

async function loadSidelane(
  id: OptionId,
  host: Host,
  work: Work & { readonly payloads: readonly Buffer[] },
): Promise<LoadedWork> {
  const contract = contractOf(work)
  const processor = host.processor(contract)
  const { codec } = contract.lock.compress
  const sizes: number[] = []
  for (const [index, payload] of work.payloads.entries()) {
    const outcome = await processor.process(payload)
    const what = `${id}, payload ${index}`
    if (!outcome.ok) throw new WrongAnswer(`${what}: ${outcome.code}, must be accepted`)
    const content = await contentOf(outcome.body, codec, work.dictionary)
    if (sha256(content) !== sha256(work.references[index] as string)) {
      throw new WrongAnswer(`${what}: the body is not the canonical form`)
    }
    sizes.push(outcome.body.length)
  }
  const contender: Contender = {
    id,
    digest: 'none',
    side: 'ours',
    mode: host.placement === 'inline' ? 'inline' : host.placement === 'pool' ? 'pool' : 'socket',
    canonical: true,
    call: (payload) => processor.process(payload),
    close: () => processor.close(),
  }
  return {
    contender,
    payloads: work.payloads,
    timed: work.payloads,
    sizes,
    passBytes: sizes.reduce((sum, size) => sum + size, 0),
    disagreed: [],
    stages: (ms) => stagesOf(host, contract, work, ms),
  }
}

const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex')

const fewestPasses = 3

/** By differences: under a contract for any value, under the contract without compression, and under the whole contract. */
async function stagesOf(
  host: Host,
  contract: Contract,
  { payloads }: { readonly payloads: readonly Buffer[] },
  ms: number,
): Promise<{ readonly json: number; readonly validate: number; readonly compress: number }> {
  const { tables: _tables, dictionary: _dictionary, ...rest } = contract.lock
  const bare: LockDocument = { ...rest, compress: { codec: 'none' } }
  const anything: LockDocument = { ...bare, name: 'anything', schema: {} }
  const calls = [anything, bare].map((lock) => host.processor(parseContract(lock)))
  const whole = host.processor(contract)
  const passes: number[][] = [[], [], []]
  const until = performance.now() + ms
  do {
    for (const [index, processor] of [...calls, whole].entries()) {
      const from = performance.now()
      for (const payload of payloads) await (processor.process(payload) as Promise<Outcome>)
      passes[index]?.push(((performance.now() - from) * 1000) / payloads.length)
    }
  } while (performance.now() < until || (passes[0]?.length ?? 0) < fewestPasses)
  // The best of them, as of today's way: the first ones are those of code that is not compiled yet.
  const [json = 0, checked = 0, compressed = 0] = passes.map((times) => Math.min(...times))
  return { json, validate: Math.max(0, checked - json), compress: Math.max(0, compressed - checked) }
}

const [mostCalls, fewestCalls, outageBytes] = [64, 8, 2_097_152]

/** Kills a daemon of its own, in the middle of calls that an inline fallback may answer. */
async function outage({ timed, contender }: LoadedWork): Promise<Outage> {
  if (contender.mode !== 'socket') throw new Error('Only a sidecar has an outage')
  const before = new Set(childrenOf(process.pid))
  const host = await createHost({ placement: 'sidecar', launch: true, fallback: 'inline', ...patient })
  const mean = timed.reduce((sum, { length }) => sum + length, 0) / Math.max(1, timed.length)
  const count = Math.min(mostCalls, Math.max(fewestCalls, Math.floor(outageBytes / Math.max(1, mean))))
  try {
    const processor = host.processor(outageContract)
    await processor.process('{}')
    const from = performance.now()
    const calls = Array.from({ length: count }, async (_, index) => {
      if (index === count >> 1) {
        for (const pid of childrenOf(process.pid)) if (!before.has(pid)) process.kill(pid, 'SIGKILL')
      }
      return await processor.process(timed[index % timed.length])
    })
    const outcomes = await Promise.allSettled(calls)
    const answered = outcomes.filter(({ status }) => status === 'fulfilled').length
    return { calls: count, answered, longestMs: performance.now() - from }
  } finally {
    await host.close()
  }
}

const outageContract = parseContract({
  ...({ profile: 'p1', unicode: '15.0', name: 'outage', numbers: 'int64', schema: {}, digest: 'none' } as const),
  ...{ limits: { maxBytes: 67_108_864, maxDepth: 120, maxKeys: 1_000_000 }, compress: { codec: 'none' } },
})
