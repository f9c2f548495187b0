// JSON-Schema-Test-Suite, draft 2020-12, through importContract: an imported schema must give every right verdict; any other
// must be refused with a reason.
import { describe, expect, test } from 'vitest'
import { importContract } from '../../src/contract/import/index.ts'
import { engineKinds, needEngine, needSuite } from '../support/need.ts'
import { runSuite } from './json-schema-suite.ts'

const options = { name: 'suite', numbers: 'double', compress: { codec: 'none' }, digest: 'none' } as const

describe.each(engineKinds)('importContract on JSON-Schema-Test-Suite with the %s engine', (kind) => {
  test('gives the right verdict on at least 680 tests, and refuses every other schema', (context) => {
    const folder = needSuite('json-schema-2020-12', context)
    const { wrong, ran } = runSuite(folder, needEngine(kind, context), (schema) => importContract(schema, options))
    expect(wrong).toEqual([])
    expect(ran).toBeGreaterThanOrEqual(680)
  })
})
