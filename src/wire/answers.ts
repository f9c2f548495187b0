// What a client takes as the answer to a request: an outcome that fits the request, its contract and WIRE.md. Everything else
// is a violation by the server, and nothing of it reaches the caller.

import { canonicalBytesAt, flagCanonical, flagDigest, flagsAt, inBytesAt } from '../tables/outcome-layout.ts'
import { readU32 } from '../util/byte-codec.ts'
import { outcomeBodyBytes, type Profile } from '../model/index.ts'
import { acceptedBytes, bodyBytes, maxFaultBytes, rejectedBytes } from './answer-sizes.ts'
import { kinds } from './constants.ts'
import { wrongAnswer, type WrongAnswer } from './frames.ts'

/** What a contract's answers can be. */
export class AnswerRules {
  readonly #profile: Profile
  readonly #maxBody: number
  readonly #maxRejected: number

  /** `lockBytes`: size of the lock, in bytes. */
  constructor(profile: Profile, lockBytes: number) {
    this.#profile = profile
    this.#maxBody = bodyBytes(profile.limits.maxBytes)
    this.#maxRejected = rejectedBytes(profile.limits, lockBytes)
  }

  /** Longest payload of an answer of this kind. */
  cap(kind: number, canonical: boolean): number {
    if (kind === kinds.error) return maxFaultBytes
    return kind === kinds.rejected ? this.#maxRejected : acceptedBytes(this.#profile.limits.maxBytes, canonical)
  }

  /** The violation of an accepted outcome, if any. Its size is that of the frame. */
  checkAccepted(outcome: Uint8Array, inBytes: number, canonical: boolean): WrongAnswer | undefined {
    const { limits, digest, compress } = this.#profile
    const flags = (digest === 'none' ? 0 : flagDigest) | (canonical ? flagCanonical : 0)
    if (outcome[flagsAt] !== flags) return wrongAnswer('accepted', { what: 'its flags' })
    if (readU32(outcome, inBytesAt) !== inBytes) return wrongAnswer('accepted', { what: 'the size of the payload' })
    const canonicalBytes = readU32(outcome, canonicalBytesAt)
    if (canonicalBytes === 0 || canonicalBytes > limits.maxBytes)
      return wrongAnswer('accepted', { what: 'the size of the canonical form' })
    const body = outcomeBodyBytes(outcome, 0)
    const fits = compress.codec === 'none' ? body === canonicalBytes : body > 0 && body <= this.#maxBody
    return fits ? undefined : wrongAnswer('accepted', { what: 'the size of the body' })
  }

  get maxDepth(): number {
    return this.#profile.limits.maxDepth
  }
}
