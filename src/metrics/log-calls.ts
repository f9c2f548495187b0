// One line for each call, as the daemons write for their requests, from the tracing channel.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import {
  check,
  functionRule,
  inRange,
  rule,
  type CallEvent,
  type ErrorCode,
  type Rule,
  type Via,
} from '../model/index.ts'
import { guarded } from '../util/operator-events.ts'
import { traceFromText, traceIdOf } from '../wire/index.ts'

/** A call. It has no byte of the payload. */
export interface CallLine {
  /** ISO 8601. */
  readonly time: string
  /** `error` from status 500 on. */
  readonly level: 'info' | 'error'
  /** Always `call`. */
  readonly event: 'call'
  /** The trace-id, where the call has a valid `traceparent`. */
  readonly trace_id?: string
  /** Name of the contract. */
  readonly route: string
  /** Size of the payload. */
  readonly in_bytes: number
  /** Size of the compressed body. */
  readonly out_bytes: number
  /** From the start of the call to its result. */
  readonly millis: number
  /** HTTP status that fits the result. */
  readonly status: number
  /** Of a rejection or a fault. */
  readonly code?: ErrorCode
  /** Where the payload was processed. */
  readonly placement: Via['placement']
  /** What processed it. */
  readonly engine: Via['engine']
  /** Of a rollout: who answered. */
  readonly side?: Via['side']
  /** Why a fallback answered. */
  readonly fallback?: Via['fallback']
}

/** Options of `logCalls`. */
export interface LogCallsOptions {
  /** Share of the calls that get a line, 0 to 1; those with a status of 500 and above always do. Default 1. */
  readonly sample?: number | undefined
  /** Takes the line. Default: writes it to stderr as JSON. */
  readonly write?: ((line: CallLine) => void) | undefined
}

const channel = 'tracing:sidelane:process:asyncEnd'

const rules: Readonly<Record<keyof LogCallsOptions, Rule>> = {
  sample: rule('a number from 0 to 1', (value) => inRange(value, 1, 0)),
  write: functionRule,
}

/**
 * Writes a line for each call of every processor and rollout in this process. Returns a function that stops it. Throws
 * `options.invalid`.
 */
export function logCalls(options: LogCallsOptions = {}): () => void {
  check('logCalls', options, rules)
  const { sample = 1, write = toStderr } = options
  const onCall = (message: unknown): void => {
    const event = message as CallEvent
    const { status = 200 } = event
    // A subscriber that throws would end the process.
    if (status >= 500 || Math.random() < sample) guarded(() => write(lineOf(event, status)))
  }
  subscribe(channel, onCall)
  return () => void unsubscribe(channel, onCall)
}

function lineOf(event: CallEvent, status: number): CallLine {
  const {
    traceparent,
    contract,
    inBytes = 0,
    outBytes = 0,
    millis = 0,
    code,
    placement,
    engine,
    side,
    fallback,
  } = event
  const trace = traceparent === undefined ? undefined : traceFromText(traceparent)
  const traceId = trace && traceIdOf(trace)
  return {
    time: new Date().toISOString(),
    level: status >= 500 ? 'error' : 'info',
    event: 'call',
    ...(traceId !== undefined && { trace_id: traceId }),
    route: contract,
    in_bytes: inBytes,
    out_bytes: outBytes,
    millis: Math.round(millis * 1000) / 1000,
    status,
    ...(code !== undefined && code !== 'accepted' && { code }),
    placement,
    engine,
    ...(side !== undefined && { side }),
    ...(fallback !== undefined && { fallback }),
  }
}

const toStderr = (line: CallLine): void => void process.stderr.write(`${JSON.stringify(line)}\n`)
