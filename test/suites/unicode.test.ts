// NormalizationTest of Unicode 15.0: column 2 is the NFC of columns 1 to 3, column 4 of columns 4 and 5.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { canonicalText, contractOf } from '../support/locks.ts'
import { engineKinds, needEngine, needSuite } from '../support/need.ts'

const decode = (field: string): string =>
  String.fromCodePoint(...field.split(' ').map((point) => Number.parseInt(point, 16)))

describe.each(engineKinds)('NormalizationTest 15.0 with the %s engine', (kind) => {
  test('normalizes every column to the NFC column', (context) => {
    const folder = needSuite('unicode-15.0', context)
    const engine = needEngine(kind, context)
    const schema = { type: 'array', items: { type: 'string', 'x-norm': ['nfc'] } }
    const compiled = engine.compile(contractOf(schema, { limits: { maxBytes: 32_000_000 } }))
    const rows = readFileSync(join(folder, 'NormalizationTest.txt'), 'utf8')
      .split('\n')
      .filter((line) => /^[0-9A-F]/.test(line))
      .map((line) => line.split(';').slice(0, 5).map(decode))
    const input: string[] = []
    const expected: string[] = []
    for (const [c1, c2, c3, c4, c5] of rows as [string, string, string, string, string][]) {
      input.push(c1, c2, c3, c4, c5)
      expected.push(c2, c2, c2, c4, c4)
    }
    const got = JSON.parse(canonicalText(compiled.process(Buffer.from(JSON.stringify(input)), false))) as string[]
    const wrong = got.filter((text, i) => text !== expected[i])
    expect(wrong).toEqual([])
    expect(rows.length).toBeGreaterThan(19_000)
  })
})
