// The JCS test data of RFC 8785's author: pairs of files, and 100,000 hard doubles with their ECMAScript text.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { canonicalText, contractOf, decompress } from '../support/locks.ts'
import { engineKinds, needEngine, needSuite } from '../support/need.ts'

describe.each(engineKinds)('JCS with the %s engine', (kind) => {
  test('writes every input file as its output file, byte for byte', (context) => {
    const folder = needSuite('jcs', context)
    const compiled = needEngine(kind, context).compile(contractOf({}, { numbers: 'double' }))
    const names = readdirSync(join(folder, 'input'))
    for (const name of names) {
      const body = decompress(compiled.process(readFileSync(join(folder, 'input', name)), false))
      expect(Buffer.compare(body, readFileSync(join(folder, 'output', name))), name).toBe(0)
    }
    expect(names.length).toBeGreaterThan(0)
  })

  test('writes 100,000 doubles as ECMAScript does, from any notation', (context) => {
    const folder = needSuite('jcs', context)
    const compiled = needEngine(kind, context).compile(
      contractOf({}, { numbers: 'double', limits: { maxBytes: 8_000_000 } }),
    )
    const lines = gunzipSync(readFileSync(join(folder, 'es6-numbers-100k.txt.gz')))
      .toString()
      .trim()
      .split('\n')
    const view = new DataView(new ArrayBuffer(8))
    const texts: string[] = []
    const long: string[] = []
    const expected: string[] = []
    for (const line of lines) {
      const [bits, text] = line.split(',') as [string, string]
      view.setBigUint64(0, BigInt(`0x${bits}`))
      const value = view.getFloat64(0)
      if (!Number.isFinite(value)) continue
      texts.push(text)
      // 17 significant digits denote the same double.
      long.push(value.toExponential(17))
      expected.push(text)
    }
    const process = (items: string[]): string =>
      canonicalText(compiled.process(Buffer.from(`[${items.join(',')}]`), false))
    expect(process(texts) === `[${expected.join(',')}]`).toBe(true)
    expect(process(long) === `[${expected.join(',')}]`).toBe(true)
    expect(texts.length).toBeGreaterThan(99_000)
  })
})
