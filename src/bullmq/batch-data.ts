// What a job holds: the payloads of one batch, of one contract, and who waits for it. BullMQ stores it as JSON.

import { isUtf8 } from 'node:buffer'

/** A payload in a job: its text, or base64 in an array where its bytes are no UTF-8. */
export type WirePayload = string | readonly [base64: string]

export interface BatchData {
  /** Of this format. */
  readonly v: 1
  /** Name and id of the contract. */
  readonly contract: string
  readonly id: string
  /** The producer that waits. */
  readonly reply: string
  readonly payloads: readonly WirePayload[]
  /** W3C Trace Context of each payload; absent where none has one. */
  readonly trace?: readonly (string | null)[]
}

/** The return value of a job with `results: 'return'`: outcomes as bytes, in base64. */
export interface BatchReturn {
  readonly v: 1
  readonly outcomes: readonly string[]
}

export function wirePayload(bytes: Uint8Array): WirePayload {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return isUtf8(bytes) ? view.toString('utf8') : [view.toString('base64')]
}

export const payloadOf = (wire: WirePayload): Uint8Array =>
  typeof wire === 'string' ? Buffer.from(wire, 'utf8') : Buffer.from(wire[0], 'base64')

const isWire = (value: unknown): boolean =>
  typeof value === 'string' || (Array.isArray(value) && value.length === 1 && typeof value[0] === 'string')

const isTrace = (value: unknown): boolean => value === null || typeof value === 'string'

/** undefined for the data of a job that is none of this package. */
export function readBatch(data: unknown): BatchData | undefined {
  const { v, contract, id, reply, payloads, trace } = (data ?? {}) as Partial<BatchData>
  const isWhole =
    v === 1 &&
    [contract, id, reply].every((text) => typeof text === 'string') &&
    Array.isArray(payloads) &&
    payloads.length > 0 &&
    payloads.every(isWire) &&
    (trace === undefined || (Array.isArray(trace) && trace.length === payloads.length && trace.every(isTrace)))
  return isWhole ? (data as BatchData) : undefined
}

/** undefined for another return value. */
export function readReturn(text: string, count: number): Uint8Array[] | undefined {
  try {
    const { v, outcomes } = JSON.parse(text) as Partial<BatchReturn>
    if (v !== 1 || !Array.isArray(outcomes) || outcomes.length !== count) return undefined
    return outcomes.map((one) => Buffer.from(String(one), 'base64'))
  } catch {
    return undefined
  }
}
