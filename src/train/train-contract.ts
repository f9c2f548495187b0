// trainContract(): a contract with tables that suit its samples.

import { lockText, parseLock } from '../contract/index.ts'
import { invalidOptions, type Contract } from '../model/index.ts'
import { readSamples, type SampleCounts, type TrainOptions } from './canonical-samples.ts'
import { TableTrainer, type TrainedClass } from './train-tables.ts'

export interface Training<In = unknown, Out = In> extends SampleCounts {
  /** The contract with the tables that are kept, and with no others. Its id is the same. */
  readonly contract: Contract<In, Out>
  /** Those that have samples. */
  readonly classes: readonly TrainedClass[]
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
  options: TrainOptions = {},
): Training<In, Out> {
  const { codec, level } = contract.lock.compress
  if ((codec !== 'gzip' && codec !== 'deflate' && codec !== 'deflate-raw') || level !== 1) {
    throw invalidOptions('Expected samples only with the codecs gzip, deflate and deflate-raw at level 1')
  }
  const trainer = new TableTrainer(codec)
  const counts = readSamples(contract, samples, options, (text) => trainer.add(text))
  const { tables, classes } = trainer.train()
  const { tables: _before, ...lock } = contract.lock
  const trained = parseLock<In, Out>(lockText({ ...lock, ...(tables && { tables }) }))
  return { contract: trained, classes, ...counts }
}
