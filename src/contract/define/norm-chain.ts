// The conversions of a chain of strings (`z.string().trim().pipe(z.email())`): those ahead of every check become `x-norm`.

import type { $ZodType } from 'zod/v4/core'
import type { NormOp } from '../../model/index.ts'
import type { CheckDef } from './context.ts'
import { orderProblem, readOverwrite } from './overwrite.ts'
import { sourceInOrder } from './string-source.ts'

/** Fed with the checks of a chain in their order. */
export class NormChain {
  /** What it took so far, in zod's order. */
  readonly ops: NormOp[] = []
  readonly #stages: readonly $ZodType[]
  #checked = false
  #isUrl = false

  constructor(stages: readonly $ZodType[]) {
    this.#stages = stages
  }

  sawCheck({ format }: CheckDef): void {
    this.#checked = true
    this.#isUrl ||= format === 'url'
  }

  /** Takes an overwrite; returns why a contract cannot have it, and what to write, if it cannot. */
  overwrite(def: CheckDef): string | undefined {
    const { call, op, problem } = readOverwrite(def)
    if (op === undefined) return `${call} ${problem}`
    // The text of a URL is trimmed already.
    if (op === 'trim' && this.#isUrl) return undefined
    const why = this.#checked ? 'must stand ahead of every check, as in a contract' : orderProblem([...this.ops, op])
    if (why !== undefined) return `${this.#calls()} ${why}; write ${sourceInOrder(this.#stages, this.#wanted())}`
    this.ops.push(op)
    return undefined
  }

  /** All conversions as they stand: `.trim().toLowerCase()`. */
  #calls(): string {
    return overwritesOf(this.#stages)
      .map(({ call }) => call)
      .join('')
  }

  /** All operations, of two changes of case the last one. */
  #wanted(): NormOp[] {
    const ops = overwritesOf(this.#stages).flatMap(({ op }) => op ?? [])
    const dropped = ops.lastIndexOf('lower') > ops.lastIndexOf('upper') ? 'upper' : 'lower'
    return ops.includes('lower') && ops.includes('upper') ? ops.filter((op) => op !== dropped) : ops
  }
}

const overwritesOf = (stages: readonly $ZodType[]): ReturnType<typeof readOverwrite>[] =>
  stages
    .flatMap((stage) => stage._zod.def.checks ?? [])
    .map((check) => check._zod.def as unknown as CheckDef)
    .filter(({ check }) => check === 'overwrite')
    .map(readOverwrite)
