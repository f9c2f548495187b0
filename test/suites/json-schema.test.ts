// JSON-Schema-Test-Suite, draft 2020-12: a schema within profile p1 must have every expected verdict; all others must
// be rejected at load by both engines.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SidelaneError, type Contract } from '../../src/model/index.ts'
import { contractOf } from '../support/locks.ts'
import { engineKinds, needEngine, needSuite } from '../support/need.ts'

interface Group {
  readonly description: string
  readonly schema: unknown
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[]
}

function* groups(folder: string): Generator<readonly [name: string, group: Group]> {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    for (const group of JSON.parse(readFileSync(join(folder, file), 'utf8')) as Group[]) {
      yield [`${file}: ${group.description}`, group]
    }
  }
}

function load(schema: unknown): Contract | SidelaneError {
  try {
    return contractOf(schema, { numbers: 'double' })
  } catch (error) {
    if (error instanceof SidelaneError) return error
    throw error
  }
}

describe.each(engineKinds)('JSON-Schema-Test-Suite with the %s engine', (kind) => {
  test('has the expected verdict on at least 280 tests within the profile, and rejects every other schema', (context) => {
    const folder = needSuite('json-schema-2020-12', context)
    const engine = needEngine(kind, context)
    const wrong: string[] = []
    let ran = 0
    let refused = 0
    for (const [name, group] of groups(folder)) {
      const contract = load(group.schema)
      if (contract instanceof SidelaneError) {
        expect(contract.code, name).toMatch(/^contract\.(unsupported|invalid)$/)
        refused++
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
    expect(wrong).toEqual([])
    expect(ran).toBeGreaterThanOrEqual(280)
    expect(refused).toBeGreaterThan(0)
  })
})
