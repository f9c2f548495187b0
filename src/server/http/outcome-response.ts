// The response to `process`, from the outcome in wire form: only the sizes are decoded.

import type { ErrorCode, Issue } from '../../model/index.ts'
import type { Job } from '../job.ts'
import { problem, type Response } from './response.ts'

const kindAccepted = 1
const flagDigest = 1
const acceptedHead = 48
const textHead = 8

/** The body is a view of `bytes`. */
export function outcomeResponse(
  bytes: Uint8Array,
  { served }: Job,
  engine: string,
  queueUs: number,
  runUs: number,
): Response {
  const outcome = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (outcome[0] !== kindAccepted) return problemOf(outcome)
  const outBytes = outcome.readUInt32LE(12)
  const digest =
    (outcome[1] as number) & flagDigest ? { 'Sidelane-Digest': outcome.toString('hex', 16, acceptedHead) } : {}
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/octet-stream',
      'Sidelane-Codec': served.contract.profile.compress.codec,
      ...digest,
      'Sidelane-Contract': served.id,
      'Sidelane-In-Bytes': outcome.readUInt32LE(4),
      'Sidelane-Canonical-Bytes': outcome.readUInt32LE(8),
      'Sidelane-Out-Bytes': outBytes,
      'Sidelane-Engine': engine,
      'Sidelane-Queue-Us': Math.round(queueUs),
      'Sidelane-Run-Us': Math.round(runUs),
    },
    body: outcome.subarray(acceptedHead, acceptedHead + outBytes),
  }
}

interface OutcomeText {
  readonly code: ErrorCode
  readonly issues?: readonly Issue[]
  readonly truncated?: boolean
  readonly retryAfterMs?: number
}

function problemOf(outcome: Buffer): Response {
  const text = outcome.toString('utf8', textHead, textHead + outcome.readUInt32LE(4))
  const { code, issues, truncated, retryAfterMs } = JSON.parse(text) as OutcomeText
  return problem(code, {
    ...(issues !== undefined && { issues }),
    ...(truncated !== undefined && { truncated }),
    retryAfterMs,
  })
}
