// JSON-Schema-Test-Suite, draft 2020-12, through importContract: an imported schema must give every right verdict; any other
// must be refused with a reason.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importContract } from '../../src/contract/import/index.ts'
import { SidelaneError, type Contract } from '../../src/model/index.ts'
import { engineKinds, needEngine, needSuite } from '../support/need.ts'

interface Group {
  readonly description: string
  readonly schema: unknown
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[]
}

function load(schema: unknown): Contract | SidelaneError {
  try {
    return importContract(schema, { name: 'suite', numbers: 'double', compress: { codec: 'none' }, digest: 'none' })
  } catch (error) {
    if (error instanceof SidelaneError) return error
    throw error
  }
}

describe.each(engineKinds)('importContract on JSON-Schema-Test-Suite with the %s engine', (kind) => {
  test('gives the right verdict on at least 640 tests, and refuses every other schema', (context) => {
    const folder = needSuite('json-schema-2020-12', context)
    const engine = needEngine(kind, context)
    const wrong: string[] = []
    let ran = 0
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
      for (const group of JSON.parse(readFileSync(join(folder, file), 'utf8')) as Group[]) {
        const contract = load(group.schema)
        const name = `${file}: ${group.description}`
        if (contract instanceof SidelaneError) {
          expect(contract.code, name).toMatch(/^contract\.(unsupported|invalid)$/)
          continue
        }
        const compiled = engine.compile(contract)
        for (const { description, data, valid } of group.tests) {
          const outcome = compiled.process(Buffer.from(JSON.stringify(data)), false)
          ran++
          if (outcome.ok !== valid) wrong.push(`${name}: ${description}: ${outcome.ok ? 'accepted' : outcome.code}`)
        }
        compiled.dispose()
      }
    }
    expect(wrong).toEqual([])
    expect(ran).toBeGreaterThanOrEqual(640)
  })
})
