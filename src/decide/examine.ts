// The payloads that take part: those that the contract accepts, with the output that all ways must have.

import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { parseContract } from '../contract/index.ts'
import { createEngine } from '../engine/index.ts'
import type { Contract, LockDocument } from '../model/index.ts'
import { meanBytes, type Base } from './sizes.ts'

/** The payloads are of no use. The message is for the user. */
export class BadPayloads extends Error {
  override readonly name = 'BadPayloads'
}

/** For a file that is something else, for example CSV. */
export const expectedInput = 'Expected one JSON payload a line, or a JSON array'

export interface Examined {
  readonly base: Base
  readonly dictionary: Uint8Array | undefined
  readonly references: readonly string[]
  readonly rejected: number
  readonly firstRejection: string | null
  readonly digest: string
}

/** The payloads that the contract accepts, with the output that all ways must have. Throws BadPayloads. */
export function examine(payloads: readonly Uint8Array[], contract: Contract, passMs: number): Examined {
  const lock: LockDocument = { ...contract.lock, digest: 'none' }
  const { tables: _tables, dictionary: _dictionary, ...rest } = lock
  const compiled = createEngine('js').compile(parseContract({ ...rest, compress: { codec: 'none' } }))
  const accepted: Accepted[] = []
  let firstRejection: string | null = null
  for (const payload of payloads) {
    const outcome = compiled.process(payload, false)
    if (outcome.ok) {
      accepted.push({ payload: Buffer.from(payload), reference: Buffer.from(outcome.body).toString() })
    } else {
      const [issue] = outcome.issues
      const { keyword } = (issue ?? {}) as { readonly keyword?: string }
      firstRejection ??= [
        outcome.code,
        issue?.pointer === undefined || issue.pointer === '' ? '' : `at "${issue.pointer}"`,
        keyword ?? '',
      ]
        .filter((text) => text !== '')
        .join(' ')
    }
  }
  const rejected = payloads.length - accepted.length
  if (accepted.length === 0) {
    throw new BadPayloads(
      `The contract rejects ${payloads.length === 1 ? 'the only payload' : `all ${payloads.length} payloads`}: ${String(firstRejection)}${firstRejection?.startsWith('parse.') === true ? `. ${expectedInput}` : ''}`,
    )
  }
  const timed = fitting(accepted, passMs, ({ payload }) => void compiled.process(payload, false))
  compiled.dispose()
  const digest = createHash('sha256')
  for (const { payload } of timed) digest.update(payload)
  return {
    base: { lock, payloads: timed.map(({ payload }) => payload) },
    dictionary: contract.dictionary,
    references: timed.map(({ reference }) => reference),
    rejected,
    firstRejection,
    digest: digest.digest('hex'),
  }
}

interface Accepted {
  readonly payload: Buffer
  readonly reference: string
}

/** Today's way, with compression, takes about this many times what the js engine takes without. */
const slowest = 4

/** So many bytes of payloads always take part. */
const leastBytes = 262_144

/** CPU time; on a machine where others have most of it, a part of the time that passes, because the run must end. */
function spentMs(): () => number {
  const [before, from] = [process.cpuUsage(), performance.now()]
  return () => {
    const { user, system } = process.cpuUsage(before)
    return Math.max((user + system) / 1000, (performance.now() - from) / 2)
  }
}

/** As many as today's way processes in that time, evenly spread; at least one. The engine is warm by now. */
function fitting(accepted: readonly Accepted[], passMs: number, run: (one: Accepted) => void): readonly Accepted[] {
  const spent = spentMs()
  let done = 0
  while (done < accepted.length && spent() < passMs) run(accepted[done++] as Accepted)
  const each = Math.max(0.001, spent() / done) * slowest
  const small = leastBytes / meanBytes(accepted.map(({ payload }) => payload))
  const keep = Math.min(accepted.length, Math.max(1, Math.floor(passMs / each), Math.floor(small)))
  return Array.from({ length: keep }, (_, i) => accepted[Math.floor((i * accepted.length) / keep)] as Accepted)
}
