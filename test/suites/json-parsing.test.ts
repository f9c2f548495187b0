// JSONTestSuite: 283 files by Nicolas Seriot.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { contractOf } from '../support/locks.ts'
import { engineKinds, needEngine, needSuite } from '../support/need.ts'

describe.each(engineKinds)('JSONTestSuite with the %s engine', (kind) => {
  test('accepts every y file, rejects every n file with a place, and has an outcome for every i file', (context) => {
    const engine = needEngine(kind, context)
    const folder = needSuite('json-parsing', context)
    const compiled = engine.compile(contractOf({}, { numbers: 'double' }))
    const wrong: string[] = []
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
    for (const name of files) {
      const bytes = readFileSync(join(folder, name))
      const outcome = compiled.process(bytes, false)
      if (!outcome.ok) {
        const { offset = -1, line = 0, column = 0 } = outcome.issues[0]?.params ?? {}
        const isWithin = offset >= 0 && offset <= bytes.length && line >= 1 && column >= 1 && column <= offset + 1
        if (outcome.issues.length !== 1 || !isWithin) wrong.push(`${name}: no place`)
      }
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
    expect(JSON.stringify(b), name).toBe(JSON.stringify(a))
  }
})
