// trainContract(): a contract with tables that suit its samples.

import { lockText, parseLock } from '../contract/index.ts'
import { invalidOptions, type Contract, type Rejected } from '../model/index.ts'
import { canonicalizer } from './canonical-samples.ts'
import { TableTrainer, type TrainedClass } from './train-tables.ts'

export interface Training<In = unknown, Out = In> {
  /** The contract with the tables that are kept, and with no others. Its id is the same. */
  readonly contract: Contract<In, Out>
  /** Those that have samples. */
  readonly classes: readonly TrainedClass[]
  /** Accepted samples. */
  readonly samples: number
  readonly rejected: number
}

export interface TrainOptions {
  /** Called for each sample that the contract rejects. Default: it ends the training. */
  readonly onRejected?: (rejected: Rejected, index: number) => void
}

/**
 * Trains the tables of a contract with gzip, deflate or deflate-raw at level 1. The same samples in the same order give the
 * same tables, on every machine.
 *
 * Throws `options.invalid` for another codec, without an accepted sample, and for a rejected one without `onRejected`.
 */
export function trainContract<In, Out>(
  contract: Contract<In, Out>,
  samples: Iterable<unknown>,
  { onRejected }: TrainOptions = {},
): Training<In, Out> {
  const { codec, level } = contract.lock.compress
  if ((codec !== 'gzip' && codec !== 'deflate' && codec !== 'deflate-raw') || level !== 1) {
    throw invalidOptions('Expected samples only with the codecs gzip, deflate and deflate-raw at level 1')
  }
  const canonicalOf = canonicalizer(contract)
  const trainer = new TableTrainer(codec)
  let [accepted, rejected] = [0, 0]
  for (const sample of samples) {
    const text = canonicalOf(sample)
    if (text instanceof Uint8Array) {
      trainer.add(text)
      accepted++
      continue
    }
    const index = accepted + rejected++
    if (onRejected === undefined) {
      throw invalidOptions(`Expected \`samples\` to be accepted by the contract, got ${text.code} for number ${index}`)
    }
    onRejected(text, index)
  }
  if (accepted === 0) throw invalidOptions('Expected at least one sample that the contract accepts')
  const { tables, classes } = trainer.train()
  const { tables: _before, ...lock } = contract.lock
  const trained = parseLock<In, Out>(lockText({ ...lock, ...(tables && { tables }) }))
  return { contract: trained, classes, samples: accepted, rejected }
}
