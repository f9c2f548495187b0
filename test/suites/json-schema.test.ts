// JSON-Schema-Test-Suite, draft 2020-12: a schema within profile p1 must have every expected verdict; all others must
// be rejected at load by both engines.
import { describe, expect, test } from 'vitest'
import { contractOf } from '../support/locks.ts'
import { engineKinds, needEngine, needSuite } from '../support/need.ts'
import { runSuite } from './json-schema-suite.ts'

describe.each(engineKinds)('JSON-Schema-Test-Suite with the %s engine', (kind) => {
  test('has the expected verdict on at least 280 tests within the profile, and rejects every other schema', (context) => {
    const folder = needSuite('json-schema-2020-12', context)
    const { wrong, ran, refused } = runSuite(folder, needEngine(kind, context), (schema) =>
      contractOf(schema, { numbers: 'double' }),
    )
    expect(wrong).toEqual([])
    expect(ran).toBeGreaterThanOrEqual(280)
    expect(refused).toBeGreaterThan(0)
  })
})
