// The response to `process`, from the outcome in wire form.

import { viewOutcome } from '../../model/index.ts'
import type { LoadedContract } from '../contracts.ts'
import { problem, type Response } from './response.ts'

/** The body is a view of `bytes`. */
export function outcomeResponse(
  bytes: Uint8Array,
  { id, contract }: LoadedContract,
  engine: string,
  queueUs: number,
  runUs: number,
): Response {
  const { codec } = contract.profile.compress
  const outcome = viewOutcome(bytes, 0, codec)
  if (!outcome.ok) return problem(outcome.code, outcome)
  const { body, digest, inBytes, canonicalBytes, outBytes } = outcome
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/octet-stream',
      'Sidelane-Codec': codec,
      ...(digest !== null && { 'Sidelane-Digest': digest }),
      'Sidelane-Contract': id,
      'Sidelane-In-Bytes': inBytes,
      'Sidelane-Canonical-Bytes': canonicalBytes,
      'Sidelane-Out-Bytes': outBytes,
      'Sidelane-Engine': engine,
      'Sidelane-Queue-Us': Math.round(queueUs),
      'Sidelane-Run-Us': Math.round(runUs),
    },
    body,
  }
}
