// Tells what an overwrite (`.trim()`, `.toLowerCase()`, …) does. zod keeps only a function for each: its source says which
// method of String it calls, and probes say with which form of normalization.

import type { NormOp } from '../../model/index.ts'
import type { CheckDef } from './context.ts'

export interface Overwrite {
  /** As the author writes it. */
  readonly call: string
  /** What does the same in a contract. */
  readonly op?: NormOp
  /** Why a contract cannot do it, and what to write. */
  readonly problem?: string
}

const opOf: ReadonlyMap<string, NormOp> = new Map<string, NormOp>([
  ['trim', 'trim'],
  ['toLowerCase', 'lower'],
  ['toUpperCase', 'upper'],
])
const forms = ['NFC', 'NFD', 'NFKC', 'NFKD']

/** Any two forms differ on one of them. */
const probes = ['E\u0301 \u00c9', '\ufb01 \u00bd']

export function readOverwrite({ tx }: CheckDef): Overwrite {
  const method = /^\(?([\w$]+)\)?=>\1\.(trim|toLowerCase|toUpperCase|normalize)\(([\w$]*)\);?$/.exec(
    String(tx).replace(/\s/g, ''),
  )
  const name = method?.[2] ?? ''
  const op = opOf.get(name)
  if (op !== undefined && method?.[3] === '') return { call: `.${name}()`, op }
  if (name === 'normalize') return normalization(tx as (text: string) => string)
  const collapses = behavesLike(tx as (text: string) => string, (text) => text.replace(/\s+/g, ' '))
  const problem = collapses
    ? "is code that a lock cannot hold; write norm(…, ['collapse'])"
    : 'is code that a lock cannot hold; write .trim(), .toLowerCase(), .toUpperCase() or .normalize() instead'
  return { call: '.overwrite(…)', problem }
}

function normalization(tx: (text: string) => string): Overwrite {
  const form = forms.find((name) => behavesLike(tx, (text) => text.normalize(name)))
  if (form === 'NFC') return { call: '.normalize()', op: 'nfc' }
  return {
    call: `.normalize(${form === undefined ? '…' : `'${form}'`})`,
    problem: 'is not NFC, the form of a contract; write .normalize()',
  }
}

function behavesLike(tx: (text: string) => string, like: (text: string) => string): boolean {
  try {
    return [...probes, ' a\t\nb '].every((probe) => tx(probe) === like(probe))
  } catch {
    return false
  }
}

/**
 * The operations in the order in which zod applies them, if a contract's fixed order (case, NFC, collapse, trim) gives the
 * same text; else why not. Only NFC ahead of a change of case makes a difference: "J̌" has no composed form, "ǰ" has.
 */
export function orderProblem(ops: readonly NormOp[]): string | undefined {
  const cases = new Set(ops.filter(isCase))
  if (cases.size > 1) return 'changes case twice; keep the last one'
  const lastCase = ops.findLastIndex(isCase)
  return ops.slice(0, Math.max(lastCase, 0)).includes('nfc')
    ? 'would run ahead of the change of case, in a contract it runs behind'
    : undefined
}

const isCase = (op: NormOp): boolean => op === 'lower' || op === 'upper'
