// Contracts from JSON Schemas, their verdicts, and why a schema is refused.
import { importContract, type ImportOptions } from '../../src/contract/import/index.ts'
import { createEngine } from '../../src/engine/index.ts'
import type { Contract, SidelaneError } from '../../src/model/index.ts'
import { faultOf } from '../support/fault-of.ts'

export const contractOf = (schema: unknown, options: Partial<ImportOptions> = {}): Contract =>
  importContract(schema, { name: 'imported', compress: { codec: 'none' }, digest: 'none', ...options })

export function verdicts(schema: unknown, payloads: readonly unknown[], options?: Partial<ImportOptions>): boolean[] {
  const compiled = createEngine('js').compile(contractOf(schema, options))
  return payloads.map((payload) => compiled.process(Buffer.from(JSON.stringify(payload)), false).ok)
}

export const refusalOf = (schema: unknown, options?: Partial<ImportOptions>): SidelaneError =>
  faultOf(() => contractOf(schema, options))
