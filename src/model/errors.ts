// The error table, and the class that faults are thrown as. The codes themselves are in tables/errors.ts.

import { addBrand, brandOf, hasBrand } from '../util/class-brand.ts'
import { dataErrors, faultErrors } from '../tables/errors.ts'

/** The codes of rejected outcomes: `process` resolves with these. */
export type DataCode = keyof typeof dataErrors

/** The codes of faults: `process` and the creators reject with these. */
export type FaultCode = keyof typeof faultErrors

/** Every stable code: a program matches on these. */
export type ErrorCode = DataCode | FaultCode

interface ErrorEntry {
  /** Number on the wire; never reused. */
  readonly wire: number
  /** HTTP status that fits the code. */
  readonly status: number
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean
  readonly message: string
}

/** Every code of sidelane, stable and never reused (docs/errors.md). */
export const errorTable = Object.fromEntries(
  Object.entries({ ...dataErrors, ...faultErrors }).map(([code, [wire, status, message, retryable]]) => [
    code,
    { wire, status, retryable: retryable !== undefined, message },
  ]),
) as Readonly<Record<ErrorCode, ErrorEntry>>

/** True for the codes that `process` resolves with. */
export const isDataCode = (code: string): code is DataCode => Object.hasOwn(dataErrors, code)

/** True for the codes that `process` and the creators reject with. */
export const isFaultCode = (code: string): code is FaultCode => Object.hasOwn(faultErrors, code)

/** The details of an error. */
export interface SidelaneErrorOptions {
  /** Default: the message of the table. */
  readonly message?: string | undefined
  /** As in any Error. */
  readonly cause?: unknown
  /** When to try again, in ms from now. */
  readonly retryAfterMs?: number | undefined
  /** JSON pointer into the lock file, for `contract.*`. */
  readonly pointer?: string | undefined
  /** More about the fault, never a byte of the payload. */
  readonly params?: Readonly<Record<string, unknown>> | undefined
}

const brand = brandOf('SidelaneError')

/**
 * A fault: the call failed for a reason other than its data. Match on `code`, never on the class or the message.
 */
export class SidelaneError extends Error {
  static {
    addBrand(this.prototype, brand)
  }

  /** `instanceof SidelaneError` is true for the errors of another copy of this package too. */
  static override [Symbol.hasInstance](value: unknown): value is SidelaneError {
    return hasBrand(value, brand) && (this === SidelaneError || super[Symbol.hasInstance](value))
  }

  override readonly name = 'SidelaneError'
  /** Stable and never reused. */
  readonly code: ErrorCode
  /** HTTP status that fits the code. */
  readonly status: number
  /** True when the same call may succeed later without a change. */
  readonly retryable: boolean
  /** With `overloaded`: an estimate of when there is room, in ms from now, 1 to 10,000. */
  readonly retryAfterMs?: number
  /** JSON pointer into the lock, with `contract.*`. */
  readonly pointer?: string
  /** More about the fault, never a byte of the payload. */
  readonly params?: Readonly<Record<string, unknown>>

  /** The error of a code; status, `retryable` and the usual message come from the table. */
  constructor(code: ErrorCode, options: SidelaneErrorOptions = {}) {
    const entry = errorTable[code]
    super(options.message ?? entry.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = entry.status
    this.retryable = entry.retryable
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs
    if (options.pointer !== undefined) this.pointer = options.pointer
    if (options.params !== undefined) this.params = options.params
  }
}

export const invalidOptions = (message: string): SidelaneError => new SidelaneError('options.invalid', { message })

/**
 * An error without a stack, for faults that a full server raises many thousand times a second: capturing the stack takes
 * four times as long as the rest. `stackTraceLimit` is global to the thread, so it is restored at once.
 */
export function stackless(code: ErrorCode, options?: SidelaneErrorOptions): SidelaneError {
  const limit = Error.stackTraceLimit
  // An assignment would throw where the intrinsics are frozen.
  Reflect.set(Error, 'stackTraceLimit', 0)
  const error = new SidelaneError(code, options)
  Reflect.set(Error, 'stackTraceLimit', limit)
  return error
}

/**
 * Where a deadline passed: before the work was accepted, while it waited for a worker, or in the worker.
 */
export type DeadlineStage = 'door' | 'queue' | 'run'

/** `where`: see DeadlineStage. */
export const deadlineError = (where: DeadlineStage): SidelaneError =>
  stackless('deadline.exceeded', { params: { where } })

export const maxRetryAfterMs = 10_000

/** `retryAfterMs` of a refusal by a queue that drains in `drainMs`: whole ms, from 1 to 10,000. */
export const retryAfterMs = (drainMs: number): number => Math.min(maxRetryAfterMs, Math.max(1, Math.ceil(drainMs)))
