// The response to `process`, from the outcome in wire form: only the sizes are decoded.

import { outcomeBodyBytes, outcomeCode, type ErrorCode } from '../../model/index.ts'
import {
  acceptedHeaderBytes,
  canonicalBytesAt,
  digestAt,
  flagDigest,
  flagsAt,
  inBytesAt,
  textBytesAt,
  textHeaderBytes,
} from '../../tables/outcome-layout.ts'
import type { Job } from '../job.ts'
import { problem, type ProblemFields, type Response } from './response.ts'

/** The body is a view of `bytes`. */
export function outcomeResponse(
  bytes: Uint8Array,
  { served }: Job,
  engine: string,
  queueUs: number,
  runUs: number,
): Response {
  const outcome = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (outcomeCode(outcome, 0) !== undefined) return problemOf(outcome)
  const outBytes = outcomeBodyBytes(outcome, 0)
  const bodyEnd = acceptedHeaderBytes + outBytes
  const digest =
    (outcome[flagsAt] as number) & flagDigest
      ? { 'Sidelane-Digest': outcome.toString('hex', digestAt, acceptedHeaderBytes) }
      : {}
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/octet-stream',
      'Sidelane-Codec': served.contract.profile.compress.codec,
      ...digest,
      'Sidelane-Contract': served.id,
      'Sidelane-In-Bytes': outcome.readUInt32LE(inBytesAt),
      'Sidelane-Canonical-Bytes': outcome.readUInt32LE(canonicalBytesAt),
      'Sidelane-Out-Bytes': outBytes,
      'Sidelane-Engine': engine,
      'Sidelane-Queue-Us': Math.round(queueUs),
      'Sidelane-Run-Us': Math.round(runUs),
    },
    body: outcome.subarray(acceptedHeaderBytes, bodyEnd),
  }
}

function problemOf(outcome: Buffer): Response {
  const text = outcome.toString('utf8', textHeaderBytes, textHeaderBytes + outcome.readUInt32LE(textBytesAt))
  const { code, ...fields } = JSON.parse(text) as { code: ErrorCode } & ProblemFields
  return problem(code, fields)
}
