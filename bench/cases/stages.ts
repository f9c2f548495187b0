// `--stages`: the time of each stage, with tinybench. Our stages are separated by contracts that omit stages, so that
// both engines are measured through the same interface; the peers are separated by their parts.

import canonicalize from 'canonicalize'
import { gzipSync as fflateGzip, strToU8 } from 'fflate'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { createProcessor, type Contract } from 'sidelane'
import { Bench } from 'tinybench'
import { anything, ourContract } from '../contracts/ours.ts'
import { zodPeer } from '../contracts/sources.ts'
import type { PayloadSet } from '../payloads/sets.ts'
import { figure } from '../report/table.ts'

/** The table, as text. */
export async function stages(set: PayloadSet): Promise<string> {
  const bench = new Bench({ time: 700, warmupTime: 200 })
  addPeerStages(bench, set)
  const close: (() => Promise<void>)[] = []
  const notes: string[] = []
  for (const engine of ['js', 'native'] as const) {
    try {
      close.push(...(await addOurStages(bench, set, engine)))
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'engine.unavailable') throw error
      notes.push(`${engine}: absent (${error instanceof Error ? error.message : String(error)})`)
    }
  }
  await bench.run()
  for (const end of close) await end()
  return [
    `stages    ${set.name}: ${set.origin}, ${set.payloads.length} payloads; µs, mean and p50`,
    '',
    print(bench),
    ...notes,
  ].join('\n')
}

function addPeerStages(bench: Bench, set: PayloadSet): void {
  const { schema, before } = zodPeer(set.contract)
  const tidy = before ?? ((value: unknown): unknown => value)
  const values = set.payloads.map((payload) => JSON.parse(payload.toString()) as unknown)
  const documents = values.map((value) => schema.parse(tidy(structuredClone(value))))
  const texts = documents.map((document) => canonicalize(document) as string)
  const next = cycle(set.payloads.length)
  const add = (name: string, work: (index: number) => unknown): void =>
    void bench.add(`peer  ${name}`, () => void work(next()), { async: false })
  add('toString, JSON.parse', (i) => JSON.parse((set.payloads[i] as Buffer).toString()))
  add('zod safeParse, normalizing', (i) => schema.safeParse(tidy(values[i])))
  add('JSON.stringify', (i) => JSON.stringify(documents[i]))
  add('npm canonicalize', (i) => canonicalize(documents[i]))
  add('createHash, SHA-256', (i) =>
    createHash('sha256')
      .update(texts[i] as string)
      .digest('hex'),
  )
  add('node:zlib gzipSync, level 1', (i) => gzipSync(texts[i] as string, { level: 1 }))
  add('fflate gzipSync, level 1', (i) => fflateGzip(strToU8(texts[i] as string), { level: 1, mtime: 0 }))
}

/** Each row does the work of the row above and one more stage. */
async function addOurStages(bench: Bench, set: PayloadSet, engine: 'js' | 'native'): Promise<(() => Promise<void>)[]> {
  const close: (() => Promise<void>)[] = []
  const add = async (name: string, contract: Contract): Promise<void> => {
    const processor = await createProcessor(contract, { engine })
    close.push(() => processor.close())
    const next = cycle(set.payloads.length)
    bench.add(`${engine.padEnd(6)}  ${name}`, () => processor.process(set.payloads[next()]), { async: true })
  }
  await add('read, canonical', anything())
  await add('… and normalize, validate', ourContract(set.contract, 'none', { uncompressed: true }))
  await add('… and digest', ourContract(set.contract, 'sha-256', { uncompressed: true }))
  await add('… and compress: the whole', ourContract(set.contract, 'sha-256'))
  await add('the whole without digest', ourContract(set.contract, 'none'))
  return close
}

function cycle(length: number): () => number {
  let at = -1
  return () => (at = (at + 1) % length)
}

function print(bench: Bench): string {
  const width = Math.max(...bench.tasks.map(({ name }) => name.length))
  return bench.tasks
    .map(({ name, result }) => {
      if (result.state !== 'completed') return `${name.padEnd(width)}  ${result.state}`
      const { mean, p50 } = result.latency
      return `${name.padEnd(width)}  ${figure(mean * 1000).padStart(7)}  ${figure(p50 * 1000).padStart(7)}`
    })
    .join('\n')
}
