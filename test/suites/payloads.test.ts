// Public payloads: both engines have the same outcome for every file and every row.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { comparable, contractOf } from '../support/locks.ts'
import { engineKinds, needEngine, needSuite } from '../support/need.ts'

/** The whole file, the lines of an NDJSON file, and the items of a top-level array. */
function* documents(path: string): Generator<Uint8Array> {
  const text = readFileSync(path, 'utf8')
  if (path.endsWith('.ndjson')) {
    for (const line of text.split('\n')) if (line !== '') yield Buffer.from(line)
    return
  }
  yield Buffer.from(text)
  const value: unknown = JSON.parse(text)
  if (Array.isArray(value)) for (const item of value) yield Buffer.from(JSON.stringify(item))
}

test.for(['safe', 'double'])('both engines agree on every real payload, numbers "%s"', (numbers, context) => {
  const folder = needSuite('payloads', context)
  const contract = contractOf({}, { numbers, limits: { maxBytes: 16_000_000 }, compress: { codec: 'gzip', level: 1 } })
  const [js, native] = engineKinds.map((kind) => needEngine(kind, context).compile(contract))
  let accepted = 0
  for (const name of readdirSync(folder)) {
    for (const bytes of documents(join(folder, name))) {
      const [a, b] = [js, native].map((compiled) => compiled && compiled.process(bytes, false))
      if (!a || !b) throw new Error('unreachable')
      expect(comparable(b), name).toEqual(comparable(a))
      if (a.ok) accepted++
    }
  }
  expect(accepted).toBeGreaterThan(100)
})
