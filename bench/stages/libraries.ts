// What a team would use in Node for each stage. Each result is verified before it is timed.

import { Ajv2020 } from 'ajv/dist/2020.js'
import canonicalize from 'canonicalize'
import { gzipSync as fflateGzip } from 'fflate'
import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import * as z from 'zod'
import { plainSchema } from '../../src/decide/lock-normalizer.ts'
import { handNormalizer, zodPeer, type ContractRef } from '../contracts/sources.ts'
import { WrongAnswer } from '../../src/measure/wrong-answer.ts'
import { zodZlib } from '../peers/zod-zlib.ts'
import { zodZlibJcsPeer } from '../peers/zod-zlib-jcs.ts'
import type { StageInput } from './contract.ts'
import { steps, whole, type StageContender } from './rounds.ts'
import type { Stage } from './row.ts'

/** Adds a library, or the reason why it is left out. */
export function libraries(ref: ContractRef, input: StageInput, leftOut: Map<string, string>): StageContender[] {
  const { payloads, canonical } = input
  const count = payloads.length
  const at = <T>(list: readonly T[], index: number): T => list[index] as T
  const list: StageContender[] = []
  const simple = (stage: Stage, id: string, work: (index: number) => unknown): void =>
    void list.push(whole({ stage, id }, count, work))

  simple('parse', 'JSON.parse', (i) => JSON.parse(at(payloads, i).toString()))

  for (const [id, make] of validators(ref, input)) {
    // A peer that is made from a user's lock may read it differently.
    try {
      const validate = make()
      for (let i = 0; i < count; i++) {
        const value = validate(JSON.parse(at(payloads, i).toString()))
        if (value === undefined || canonicalize(value) !== at(canonical, i)) throw wrong(id, 'another document')
      }
      const parse = { run: (_: unknown, i: number) => JSON.parse(at(payloads, i).toString()) as unknown }
      list.push(steps(count, [parse, { result: { stage: 'validate', id }, run: validate }]))
    } catch (error) {
      if ('source' in ref && !(error instanceof z.core.ZodCompileUnsupportedError)) throw error
      leftOut.set(id, error instanceof Error ? error.message : String(error))
    }
  }

  const documents = canonical.map((text) => JSON.parse(text) as unknown)
  simple('canonical', 'canonicalize', (i) => canonicalize(at(documents, i)))
  // Not canonical: it writes the keys in the order of the object.
  simple('canonical', 'JSON.stringify', (i) => JSON.stringify(at(documents, i)))

  const bytes = canonical.map((text) => Buffer.from(text))
  simple('digest', 'node:crypto', (i) => createHash('sha256').update(at(bytes, i)).digest('hex'))

  const level1 = { level: 1 } as const
  const level6 = { level: 6 } as const
  const fflate = { level: 1, mtime: 0 } as const
  const compressors: [string, (text: Uint8Array) => Uint8Array][] = [
    ['node:zlib-1', (text) => gzipSync(text, level1)],
    ['node:zlib-6', (text) => gzipSync(text, level6)],
    ['fflate-1', (text) => fflateGzip(text, fflate)],
  ]
  for (const [id, compress] of compressors) {
    const outBytes = meanSize(id, bytes, compress)
    list.push(whole({ stage: 'compress', id, outBytes }, count, (i) => compress(at(bytes, i))))
  }

  if (!leftOut.has('zod')) {
    const plain = zodZlib(ref, 1)
    const jcs = zodZlibJcsPeer(ref, 1)
    simple('whole', 'zod+zlib', (i) => plain(at(payloads, i)))
    simple('whole', 'zod+zlib+jcs', (i) => jcs.call(at(payloads, i)))
  }
  return list
}

/** Value to normalized value; undefined where it is refused. */
type Validate = (value: unknown) => unknown

function validators(ref: ContractRef, { contract }: StageInput): [string, () => Validate][] {
  const withZod = (change: (schema: z.ZodType) => z.ZodType): Validate => {
    const { schema, before } = zodPeer(ref)
    const changed = change(schema)
    return (value) => changed.safeParse(before === undefined ? value : before(value)).data
  }
  return [
    ['zod', () => withZod((schema) => schema)],
    // Throws where it would quietly stay the interpreter.
    ['z.compile', () => withZod((schema) => z.compile(schema, { strict: true }))],
    [
      'ajv',
      () => {
        const normalize = handNormalizer(ref)
        // As in peers/ajv-zlib.ts.
        const ajv = new Ajv2020({ strict: false, validateFormats: false, multipleOfPrecision: 9 })
        const validate = ajv.compile(plainSchema(contract.lock.schema) as Record<string, unknown>)
        return (value) => {
          const normal = normalize(value)
          return validate(normal) ? normal : undefined
        }
      },
    ],
  ]
}

/** Throws `WrongAnswer` for a body of other bytes. */
export function meanSize(id: string, texts: readonly Buffer[], compress: (text: Uint8Array) => Uint8Array): number {
  let sum = 0
  for (const text of texts) {
    const body = compress(text)
    if (!gunzipSync(body).equals(text)) throw wrong(id, 'the body is not that of the canonical bytes')
    sum += body.length
  }
  return sum / texts.length
}

export const wrong = (id: string, what: string): WrongAnswer => new WrongAnswer(`${id}: ${what}`)
