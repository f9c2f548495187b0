// The entry point `sidelane/edge`: it runs with web globals only, and has the same outcomes as the main one.
import { spawnSync } from 'node:child_process'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { type AcceptedCanonical, type Outcome } from '../../src/model/index.ts'
import { parseContract } from '../../src/contract/index.ts'
import { createEngine } from '../../src/engine/index.ts'
import * as web from '../../src/runtime/web.ts'
import * as node from '../../src/runtime/node.ts'
import {
  fieldsOf,
  payloadOf,
  readFiles,
  readVectors,
  type NormalizeVector,
  type ReadVector,
} from '../engine/vectors.ts'

interface Case {
  readonly lock: object
  /** base64 */
  readonly payload: string
  readonly digestKey?: string
}

type Answer =
  | { readonly ok: true; readonly body: string; readonly canonical: string; readonly digest: string | null }
  | { readonly ok: false }
  | { readonly fault: string }

interface Report {
  readonly answers: readonly Answer[]
  readonly refused: Readonly<Record<string, { fault: string }>>
  readonly files: readonly string[]
}

interface ValidateVector {
  readonly schema: unknown
  readonly numbers?: 'safe' | 'double'
  readonly tests: readonly { readonly text: string }[]
}

const base = { profile: 'p1', unicode: '15.0', name: 'test' }
const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes as string).toString('base64')

const cases: Case[] = [
  ...readFiles
    .flatMap((name) => readVectors<ReadVector>(name))
    .map((vector) => ({ lock: { ...base, schema: {}, ...fieldsOf(vector) }, payload: base64(payloadOf(vector)) })),
  ...readVectors<NormalizeVector>('normalize/strings').map(({ ops, text }) => ({
    lock: { ...base, schema: { type: 'string', 'x-norm': ops } },
    payload: base64(JSON.stringify(text)),
  })),
  ...['containers', 'references', 'scalars', 'unions', 'values']
    .flatMap((name) => readVectors<ValidateVector>(`validate/${name}`))
    .flatMap(({ schema, numbers = 'safe', tests }) =>
      tests.map(({ text }) => ({ lock: { ...base, numbers, schema }, payload: base64(text) })),
    ),
  {
    lock: { ...base, schema: {}, digest: 'hmac-sha-256' },
    payload: base64('{"a": [1.0, "é"]}'),
    digestKey: base64('a key of 16 bytes'),
  },
  ...['deflate', 'deflate-raw', 'none'].map((codec) => ({
    lock: { ...base, schema: {}, compress: { codec } },
    payload: base64('[1,2,3]'),
  })),
]
let report: Report

beforeAll(() => {
  const script = new URL('web-realm.mjs', import.meta.url).pathname
  const child = spawnSync(process.execPath, ['--experimental-vm-modules', '--no-warnings', script], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (child.status !== 0) throw new Error(child.stderr)
  report = JSON.parse(child.stdout) as Report
})

describe('in a realm with web globals only', () => {
  test('it loads without Node, zod, piscina or the addon', () => {
    expect(report.files).toContain('dist/runtime-web.js')
    const strangers = report.files.filter((file) => /^node_modules\/(?!fflate)/.test(file))
    expect(strangers).toEqual([])
    expect(report.files.filter((file) => /-node|create|define|infer|worker/.test(file))).toEqual([])
  })

  test('it has the outcome of the js engine in Node for every vector', () => {
    const engine = createEngine('js')
    expect(report.answers).toHaveLength(cases.length)
    const accepted = cases.filter((one, index) => {
      const key = one.digestKey === undefined ? {} : { digestKey: Buffer.from(one.digestKey, 'base64') }
      const compiled = engine.compile(parseContract(JSON.stringify(one.lock)), key)
      const expected = compiled.process(Buffer.from(one.payload, 'base64'), true)
      expect(without(report.answers[index] as Answer), JSON.stringify(one)).toEqual(plain(expected))
      return expected.ok
    })
    expect(accepted.length).toBeGreaterThan(200)
    expect(cases.length - accepted.length).toBeGreaterThan(200)
  })

  test('its bodies hold the canonical bytes', () => {
    report.answers.forEach((answer, index) => {
      if (!('body' in answer) || 'compress' in (cases[index] as Case).lock) return
      expect(gunzipSync(Buffer.from(answer.body, 'base64')).toString('base64')).toBe(answer.canonical)
    })
  })

  test('options that need Node are rejected by name', () => {
    expect(report.refused).toEqual({
      placement: { fault: 'engine.unavailable' },
      engine: { fault: 'engine.unavailable' },
      jsCompressor: { fault: 'codec.unavailable' },
    })
  })
})

describe('the runtime without Node', () => {
  const texts = ['', 'abc', 'é漢😀', '\ufeffx', 'a\u0000b', 'x'.repeat(1000)]
  const bytes = texts.map((text) => Buffer.from(text))

  test('hashes as Node does', () => {
    for (const [index, text] of texts.entries()) {
      expect(web.sha256Hex(text)).toBe(node.sha256Hex(text))
      expect(web.sha256Hex(bytes[index] as Buffer)).toBe(node.sha256Hex(text))
      expect(web.hmacSha256Hex(Buffer.alloc(16, 3), bytes[index] as Buffer)).toBe(
        node.hmacSha256Hex(Buffer.alloc(16, 3), bytes[index] as Buffer),
      )
    }
  })

  test('reads and writes UTF-8 as Node does', () => {
    const ill = ['ff', 'c080', 'eda080', 'f4908080', '80', 'e282'].map((hex) => Buffer.from(hex, 'hex'))
    for (const one of [...bytes, ...ill]) expect(web.isUtf8(one)).toBe(node.isUtf8(one))
    for (const one of bytes) expect(web.decodeUtf8(one)).toBe(node.decodeUtf8(one))
    for (const text of [...texts, '\ud800', 'a\udc00']) {
      expect(web.utf8Length(text)).toBe(node.utf8Length(text))
      expect(web.isWellFormed(text)).toBe(node.isWellFormed(text))
    }
    for (const text of texts) expect([...web.encodeUtf8(text)]).toEqual([...node.encodeUtf8(text)])
  })

  test('finds ASCII as Node does', () => {
    for (const text of ['', '\\', '\\u', 'x\\\\u', '\\\\\\ud', 'u\\', 'é\\u']) {
      expect(web.indexOfAscii(Buffer.from(text), '\\u')).toBe(node.indexOfAscii(Buffer.from(text), '\\u'))
    }
  })

  test('has all exports of the Node runtime but the one by which builds without Node fail', () => {
    const whole: Omit<typeof node, 'needsExportConditionNode'> = web
    expect([...Object.keys(whole), 'needsExportConditionNode'].sort()).toEqual(Object.keys(node).sort())
  })
})

function plain(outcome: Outcome): unknown {
  if (!outcome.ok) return outcome
  const { ok, codec, digest, inBytes, canonicalBytes, canonical } = outcome as AcceptedCanonical
  return { ok, codec, digest, inBytes, canonicalBytes, canonical: base64(canonical) }
}

/** The outcome without the fields that depend on the compressor. */
function without(answer: Answer): unknown {
  const { body: _body, outBytes: _outBytes, ...rest } = answer as Answer & { body?: string; outBytes?: number }
  return rest
}
