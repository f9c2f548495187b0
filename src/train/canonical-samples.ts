// Samples as the bytes that are compressed: their canonical form under the contract.

import { lockText, parseLock } from '../contract/index.ts'
import { createEngine, payloadBytes } from '../engine/index.ts'
import { invalidOptions, type Contract, type Rejected } from '../model/index.ts'

export interface TrainOptions {
  /** Called for each sample that the contract rejects. Default: it ends the training. */
  readonly onRejected?: (rejected: Rejected, index: number) => void
}

export interface SampleCounts {
  accepted: number
  rejected: number
}

/**
 * Passes the canonical form of each sample (bytes, JSON text or a value) to `use`. Throws `options.invalid` for a rejected
 * one without `onRejected`, and without an accepted one.
 */
export function readSamples(
  { lock, profile }: Contract,
  samples: Iterable<unknown>,
  { onRejected }: TrainOptions,
  use: (text: Uint8Array) => void,
): SampleCounts {
  const { tables: _tables, dictionary: _dictionary, ...rest } = lock
  const bare = parseLock(lockText({ ...rest, compress: { codec: 'none' }, digest: 'none' }))
  const engine = createEngine('js').compile(bare)
  const counts = { accepted: 0, rejected: 0 }
  for (const sample of samples) {
    const bytes = payloadBytes(sample, profile)
    const outcome = bytes instanceof Uint8Array ? engine.process(bytes, false) : bytes
    if (outcome.ok) {
      use(outcome.body)
      counts.accepted++
      continue
    }
    const index = counts.accepted + counts.rejected++
    if (onRejected === undefined) {
      throw invalidOptions(
        `Expected \`samples\` to be accepted by the contract, got ${outcome.code} for number ${index}`,
      )
    }
    onRejected(outcome, index)
  }
  if (counts.accepted === 0) throw invalidOptions('Expected at least one sample that the contract accepts')
  return counts
}
