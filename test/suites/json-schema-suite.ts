// JSON-Schema-Test-Suite, draft 2020-12: every group of tests through one way of making a contract.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Engine } from '../../src/engine/index.ts'
import { SidelaneError, type Contract } from '../../src/model/index.ts'

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

/** Judges the verdicts under each schema that becomes a contract; the others must be refused with a code of contracts. */
export function runSuite(
  folder: string,
  engine: Engine,
  define: (schema: unknown) => Contract,
): { readonly wrong: readonly string[]; readonly ran: number; readonly refused: number } {
  const wrong: string[] = []
  let ran = 0
  let refused = 0
  const load = (schema: unknown): Contract | SidelaneError => {
    try {
      return define(schema)
    } catch (error) {
      if (error instanceof SidelaneError) return error
      throw error
    }
  }
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
  return { wrong, ran, refused }
}
