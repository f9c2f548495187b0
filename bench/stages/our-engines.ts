// Our engines: the parts of the js engine's fast path, and both engines as a whole. The stages of the native core run in
// Rust (rust-peers.ts).

import { createHash } from 'node:crypto'
import { decodeUtf8, encodeUtf8, isUtf8 } from '#runtime'
import { createProcessor, type Contract } from 'sidelane'
import { createCompressor } from '../../src/engine/js/compress.ts'
import { canGenerate } from '../../src/engine/js/codegen.ts'
import { createDigester } from '../../src/engine/js/digest.ts'
import { countMembers } from '../../src/engine/js/fast-path.ts'
import { FastWalker } from '../../src/engine/js/fast-walker.ts'
import { resolveReferences } from '../../src/engine/js/resolve-references.ts'
import type { StageInput } from './contract.ts'
import { meanSize, wrong } from './libraries.ts'
import { awaited, steps, whole, type StageContender } from './rounds.ts'

const id = 'sidelane-js'

export function jsStages(
  { contract, payloads, canonical }: StageInput,
  leftOut: Map<string, string>,
): StageContender[] {
  const { profile } = contract
  const count = payloads.length
  const texts = canonical.map((text) => Buffer.from(text))
  const digest = createDigester('sha-256', undefined)
  for (const text of texts) {
    if (digest(text) !== createHash('sha256').update(text).digest('hex')) throw wrong(id, 'another digest')
  }
  const compress = createCompressor({ codec: 'gzip', level: 1 })
  const outBytes = meanSize(id, texts, compress)
  const list: StageContender[] = [
    whole({ stage: 'digest', id }, count, (i) => digest(texts[i] as Buffer)),
    whole({ stage: 'compress', id, outBytes }, count, (i) => compress(texts[i] as Buffer)),
  ]
  const state = { members: 0, movesKeys: false, inserted: 0, visits: 0, maxVisits: 0, branching: 0, isLarge: false }
  const { root } = new FastWalker(resolveReferences(profile), state, { generate: canGenerate() })
  const { maxDepth } = profile.limits
  // As compileFastPath() does it.
  const parse = (payload: Buffer): unknown => {
    if (!isUtf8(payload) || countMembers(payload, maxDepth) < 0) return undefined
    return JSON.parse(decodeUtf8(payload))
  }
  const validate = (value: unknown, index: number): unknown => {
    const { length } = payloads[index] as Buffer
    Object.assign(state, { members: 0, movesKeys: false, inserted: 0, visits: 0, branching: 0 })
    state.maxVisits = 4 * length
    state.isLarge = length > 1024 * 1024
    return root(value)
  }
  const write = (value: unknown): Uint8Array => encodeUtf8(JSON.stringify(value))
  for (const [i, payload] of payloads.entries()) {
    const value = validate(parse(payload), i)
    if (value === undefined || state.movesKeys) {
      leftOut.set(`${id} by stage`, 'a payload needs its slow path')
      return list
    }
    if (!(texts[i] as Buffer).equals(write(value))) throw wrong(id, 'another canonical form')
  }
  list.push(
    steps(count, [
      { result: { stage: 'parse', id }, run: (_, i) => parse(payloads[i] as Buffer) },
      { result: { stage: 'validate', id }, run: validate },
      { result: { stage: 'canonical', id }, run: write },
    ]),
  )
  return list
}

/** Both engines, called as an app calls them. */
export async function wholeEngines(
  { contract, trained, payloads, canonical }: StageInput,
  leftOut: Map<string, string>,
): Promise<{ readonly contenders: StageContender[]; close(): Promise<void> }> {
  const contenders: StageContender[] = []
  const close: (() => Promise<void>)[] = []
  const add = async (name: string, engine: 'js' | 'native', own: Contract): Promise<void> => {
    const processor = await createProcessor(own, { engine })
    close.push(() => processor.close())
    let bytes = 0
    for (const [i, payload] of payloads.entries()) {
      const outcome = await processor.process(payload)
      const expected = createHash('sha256')
        .update(canonical[i] as string)
        .digest('hex')
      if (!outcome.ok || outcome.digest !== expected) throw wrong(name, 'another digest')
      bytes += outcome.outBytes
    }
    const result = { stage: 'whole', id: name, outBytes: bytes / payloads.length } as const
    contenders.push(awaited(result, payloads.length, (i) => processor.process(payloads[i])))
  }
  for (const engine of ['js', 'native'] as const) {
    try {
      await add(`sidelane-${engine}`, engine, contract)
      if (engine === 'native' && trained !== undefined) await add('sidelane-native-table', engine, trained)
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'engine.unavailable') throw error
      leftOut.set(`sidelane-${engine}`, error instanceof Error ? error.message : String(error))
    }
  }
  return { contenders, close: async () => void (await Promise.all(close.map((end) => end()))) }
}
