// JSONTestSuite: 283 files by Nicolas Seriot.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { contractOf } from '../support/locks.ts'
import { engineKinds, needEngine, needSuite } from '../support/need.ts'

describe.each(engineKinds)('JSONTestSuite with the %s engine', (kind) => {
  test('accepts every y file, rejects every n file and has an outcome for every i file', (context) => {
    const engine = needEngine(kind, context)
    const folder = needSuite('json-parsing', context)
    const compiled = engine.compile(contractOf({}, { numbers: 'double' }))
    const wrong: string[] = []
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
    for (const name of files) {
      const outcome = compiled.process(readFileSync(join(folder, name)), false)
      const code = outcome.ok ? 'accepted' : outcome.code
      if (name.startsWith('y_object_duplicated_key')) {
        if (code !== 'parse.duplicate_key') wrong.push(`${name}: ${code}`)
      } else if (name.startsWith('y_') !== outcome.ok && !name.startsWith('i_')) wrong.push(`${name}: ${code}`)
    }
    expect(wrong).toEqual([])
    expect(files).toHaveLength(283)
  })
})

test('both engines have the same outcome for every file of JSONTestSuite', (context) => {
  const folder = needSuite('json-parsing', context)
  const [js, native] = engineKinds.map((kind) =>
    needEngine(kind, context).compile(contractOf({}, { numbers: 'double' })),
  )
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name))
    const [a, b] = [js?.process(bytes, true), native?.process(bytes, true)].map((o) =>
      o?.ok ? { ...o, body: null, outBytes: null, value: null } : o,
    )
    expect(b, name).toEqual(a)
  }
})
