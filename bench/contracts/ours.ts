// Builds the contracts for our contenders: defineContract and norm, or the user's lock with its digest switched.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineContract, loadContract, norm, type Contract } from 'sidelane'
import * as z from 'zod'
import type { Digest } from '../../src/measure/contender.ts'
import { sources, type ContractRef } from './sources.ts'
import { trainingPayloads } from './training.ts'
import { zodTexts, type Texts } from './texts.ts'

const ourTexts: Texts = {
  text: (ops, limits) => norm(limits(z.string()), ops),
  email: (ops) => norm(z.email(), ops),
}

/** The same for zod itself, which does not collapse white space. */
const inAppTexts: Texts = {
  text: (ops, limits) =>
    norm(zodTexts.text(withoutCollapse(ops), limits), ops.includes('collapse') ? ['collapse'] : []),
  email: (ops) => zodTexts.email(ops),
}

const withoutCollapse = (ops: Parameters<Texts['text']>[0]): typeof ops => ops.filter((op) => op !== 'collapse')

/** Deviations from the contract. */
export interface Change {
  /** No compression. */
  readonly uncompressed?: boolean
  /** For `runInApp`. */
  readonly inApp?: boolean
  /** With compression tables. Only for sources that have `trainingPayloads`; a user's lock has its own. */
  readonly trained?: boolean
  /** What trains instead of `trainingPayloads`. */
  readonly samples?: readonly Uint8Array[]
}

const uncompressed = { codec: 'none' } as const

/** The contract with the given digest. Throws what `defineContract` and `loadContract` throw. */
export function ourContract(ref: ContractRef, digest: Digest, change: Change = {}): Contract {
  const compress = change.uncompressed === true ? { compress: uncompressed } : {}
  if ('lockFile' in ref) return switchedLock(ref.lockFile, { digest, ...compress })
  const { name, schema } = sources[ref.source]
  return defineContract({
    ...{ name, schema: schema(change.inApp === true ? inAppTexts : ourTexts), digest, ...compress },
    ...(change.trained === true && { samples: change.samples ?? trainingPayloads(ref) }),
  })
}

/** Accepts anything, without digest and compression: only reading and writing remain. */
export const anything = (): Contract =>
  defineContract({ name: 'anything', schema: z.unknown(), digest: 'none', compress: uncompressed })

function switchedLock(file: string, change: { digest: Digest; compress?: typeof uncompressed }): Contract {
  // Loaded unchanged first, so that errors refer to the user's file.
  const own = loadContract(file)
  if (own.lock.digest === change.digest && change.compress === undefined) return own
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-bench-'))
  try {
    const copy = join(folder, 'contract.lock.json')
    const lock = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    // Without compression there are no tables.
    if (change.compress !== undefined) delete lock['tables']
    writeFileSync(copy, JSON.stringify({ ...lock, ...change }))
    return loadContract(copy)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
