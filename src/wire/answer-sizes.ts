// The longest answers, known from a contract: a server derives its cap from them, a client what it reads at most.

import { acceptedHeaderBytes, textHeaderBytes } from '../tables/outcome-layout.ts'
import { maxIssues, type Limits } from '../model/index.ts'
import { traceBytes } from './constants.ts'

/** Longest REQUEST of a contract: with a trace context. */
export const requestBytes = (maxBytes: number): number => traceBytes + maxBytes

/** Longest payload of an ERROR. */
export const maxFaultBytes = 65_536

/** Largest body of a document: what compression adds to data without any redundancy, whatever the codec and its encoder. */
export const bodyBytes = (documentBytes: number): number => documentBytes + Math.ceil(documentBytes / 4) + 1024

/** Longest ACCEPTED. `maxBytes` bounds the payload and the document alike. */
export const acceptedBytes = (maxBytes: number, canonical: boolean): number =>
  acceptedHeaderBytes + bodyBytes(maxBytes) + (canonical ? maxBytes : 0)

/** No REJECTED is longer: with the deepest pointers and a lock of 2 MiB. */
const maxRejectedBytes = 96 * 1024 * 1024

/** Longest payload of an answer by contracts of up to `maxBytes`. */
export const answerCap = (maxBytes: number): number => Math.max(maxRejectedBytes, acceptedBytes(maxBytes, true))

/** A key of 128 code points with the escapes of JSON, six bytes each, and its slash. */
const maxPointerStepBytes = 769

/** Everything of an issue but its pointer and what its params have of the lock. */
const maxIssueBytes = 256

/**
 * Longest REJECTED. The params of an issue come from one node of the lock; there an integer beyond 53 bits, 16 bytes or more,
 * is a string.
 */
export const rejectedBytes = ({ maxDepth }: Limits, lockBytes: number): number =>
  textHeaderBytes +
  maxIssueBytes +
  maxIssues * (maxIssueBytes + (maxDepth + 1) * maxPointerStepBytes + Math.ceil(lockBytes * 1.25))
