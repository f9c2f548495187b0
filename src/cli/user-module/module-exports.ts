// The contracts among the exports of a user's module, and words for what its other exports are.

import { types } from 'node:util'
import { lockText } from '../../contract/index.ts'
import { defineContract, type ZodSchema } from '../../contract/define/index.ts'
import { isContractName, type LockDocument } from '../../model/index.ts'
import type { ExportedContract, ExportedSchema, ModuleExports } from './module-report.ts'

const maxOthers = 8

/** Also those of a CommonJS module that Node could not find by name: they are members of its default export. */
export function readExports(module: object): ModuleExports {
  const entries = Object.entries(module).filter(([name]) => name !== 'module.exports')
  const own = contractsIn(entries)
  const { default: main } = module as { readonly default?: unknown }
  const isNamespace = typeof main === 'object' && main !== null && !types.isPromise(main) && !isContract(main)
  const contracts = own.length > 0 || !isNamespace ? own : contractsIn(Object.entries(main))
  const schemas = [...schemasIn(entries), ...(isNamespace ? schemasIn(Object.entries(main)) : [])]
  const others = entries.filter(([, value]) => !isContract(value))
  const named = others.filter(([name]) => name !== '__esModule').slice(0, maxOthers)
  return { kind: 'exports', contracts, schemas, others: named.map(([name, value]) => `${name} is ${describe(value)}`) }
}

function contractsIn(entries: readonly (readonly [string, unknown])[]): ExportedContract[] {
  const values = entries.map(([, value]) => value)
  return entries.flatMap(([name, value]) =>
    isContract(value) ? [{ name, identity: values.indexOf(value), lock: lockText(value.lock as LockDocument) }] : [],
  )
}

function schemasIn(entries: readonly (readonly [string, unknown])[]): ExportedSchema[] {
  const values = entries.map(([, value]) => value)
  return entries.flatMap(([name, value]) =>
    isSchema(value) ? [{ name, identity: values.indexOf(value), ...contractOfSchema(name, value) }] : [],
  )
}

const isSchema = (value: unknown): value is ZodSchema => typeof value === 'object' && value !== null && '_zod' in value

/** What only code can check stays in the app. */
function contractOfSchema(name: string, schema: ZodSchema): Pick<ExportedSchema, 'lock' | 'refused'> {
  try {
    const own = isContractName(name) ? name : 'payload'
    return { lock: lockText(defineContract({ name: own, schema, appOnly: 'all' }).lock) }
  } catch (error) {
    return { lock: '', refused: error instanceof Error ? error.message : String(error) }
  }
}

/** Checks the shape, not the class: the module may use another copy of this package. */
function isContract(value: unknown): value is { readonly lock: object } {
  const { id, lock } = (value ?? {}) as { readonly id?: unknown; readonly lock?: unknown }
  return typeof id === 'string' && /^[0-9a-f]{64}$/.test(id) && typeof lock === 'object' && lock !== null
}

function describe(value: unknown): string {
  if (types.isPromise(value)) return 'a promise (export its result: await it)'
  if (typeof value === 'object' && value !== null) {
    if (isSchema(value)) return 'a zod schema (export defineContract({ name, schema }))'
    return Array.isArray(value) ? 'an array' : 'an object'
  }
  if (typeof value === 'function') return 'a function (export what it returns)'
  return value === undefined || value === null ? String(value) : `a ${typeof value}`
}
