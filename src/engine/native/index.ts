// Entry point of the native engine: adapts the addon to `Engine`. Only bytes cross the boundary, outcomes in one reused
// buffer.

import { loadBinding } from '#binding'
import {
  deadlineError,
  decodeOutcome,
  outcomeCode,
  SidelaneError,
  type Contract,
  type ErrorCode,
  type Outcome,
  type ProcessorOptions,
} from '../../model/index.ts'
import { dictionaryOf, lockText } from '../../contract/index.ts'
import type { CompiledContract, Engine, RunLimit } from '../engine.ts'
import type { Binding, Failure } from './binding.ts'

export type { Failure } from './binding.ts'

/** The native engine, or why it did not load. `reason` is for the engine's report. */
export function loadNative(reason: string): { readonly engine: Engine } | Failure {
  const loaded = loadBinding()
  if ('error' in loaded) return loaded
  const { binding } = loaded
  const engine: Engine = {
    report: { kind: 'native', reason, tried: [] },
    compile: (contract, options) => compileContract(binding, contract, options),
  }
  return { engine }
}

/** Number of payloads that native code processed on this thread; 0 when it is not loaded. */
export function nativeCalls(): number {
  const loaded = loadBinding()
  return 'error' in loaded ? 0 : loaded.binding.calls()
}

/** The content of one zstd frame, or the error's code; undefined when the addon is not loaded. */
export function nativeUnzstd(
  body: Uint8Array,
  maxBytes: number,
  dictionary: Uint8Array = noBytes,
): Uint8Array | string | undefined {
  const loaded = loadBinding()
  if ('error' in loaded) return undefined
  return withoutPanic(() => loaded.binding.decompressZstd(body, maxBytes, dictionary))
}

/** A dictionary for the samples; null when they are too few, undefined when the addon is not loaded. */
export function nativeDictionary(
  samples: Uint8Array,
  sizes: Uint32Array,
  maxBytes: number,
): Uint8Array | null | undefined {
  const loaded = loadBinding()
  if ('error' in loaded) return undefined
  return withoutPanic(() => loaded.binding.trainDictionary(samples, sizes, maxBytes))
}

type AddResult =
  | { readonly ok: true; readonly handle: number; readonly id: string }
  | { readonly ok: false; readonly code: ErrorCode; readonly pointer: string; readonly message: string }

const noBytes = new Uint8Array(0)
const encoder = new TextEncoder()

/** Outcomes are written here, then copied out. It grows up to `keptBytes`; a larger one is used for one payload. */
let kept = new Uint8Array(64 * 1024)
const keptBytes = 8 * 1024 * 1024
/** Of an outcome besides body and canonical bytes: its head, what a codec or defaults add, or a list of issues. */
const slackBytes = 16 * 1024

function targetOf(bytes: number): Uint8Array {
  if (bytes <= kept.length) return kept
  if (bytes > keptBytes) return new Uint8Array(bytes)
  kept = new Uint8Array(Math.min(Math.max(bytes, 2 * kept.length), keptBytes))
  return kept
}

/** When the last run began, if its outcome did not fit: the same payload runs again, in the rest of its time. */
let unfitStartedAt = Number.NaN

function compileContract(binding: Binding, contract: Contract, options: ProcessorOptions = {}): CompiledContract {
  const { codec } = contract.profile.compress
  const lock = encoder.encode(lockText(contract.lock))
  const dictionary = dictionaryOf(contract) ?? noBytes
  const key = options.digestKey ?? noBytes
  const added = withoutPanic(() => JSON.parse(binding.addContract(lock, key, dictionary)) as AddResult)
  if (!added.ok) {
    const { code, pointer, message } = added
    throw new SidelaneError(code, code.startsWith('contract.') ? { message, pointer } : { message })
  }
  const { handle } = added
  if (added.id !== contract.id) {
    binding.removeContract(handle)
    throw new SidelaneError('internal.parity', { message: 'The native engine computes another id for the lock.' })
  }

  const processInto = (
    payload: Uint8Array,
    canonical: boolean,
    into: Uint8Array,
    offset: number,
    limit?: RunLimit,
  ): number => {
    let size: number
    try {
      // The bytes before `offset` may be shared with other threads: native code gets no reference to them.
      const unsharedTarget = offset === 0 ? into : into.subarray(offset)
      if (limit === undefined) return binding.process(handle, unshared(payload), canonical, unsharedTarget)
      const { startedAt, endsAt, looksAhead } = limit
      const limitMs = endsAt - (startedAt === unfitStartedAt ? performance.now() : startedAt)
      size = binding.process(handle, unshared(payload), canonical, unsharedTarget, limitMs, looksAhead)
      unfitStartedAt = size < 0 ? startedAt : Number.NaN
    } catch {
      throw panicError()
    }
    if (size > 0 && outcomeCode(into, offset) === 'deadline.exceeded') {
      throw deadlineError('run')
    }
    return size
  }
  const process = (payload: Uint8Array, canonical: boolean, limit?: RunLimit): Outcome => {
    let target = targetOf(payload.length * (canonical ? 2 : 1) + slackBytes)
    const size = processInto(payload, canonical, target, 0, limit)
    if (size < 0) {
      target = targetOf(-size)
      processInto(payload, canonical, target, 0, limit)
    }
    return decodeOutcome(target, 0, codec)
  }
  return { process, processInto, dispose: () => binding.removeContract(handle) }
}

/** Another thread could change shared bytes while native code reads them. */
const unshared = (payload: Uint8Array): Uint8Array =>
  payload.buffer instanceof SharedArrayBuffer ? payload.slice() : payload

function withoutPanic<T>(call: () => T): T {
  try {
    return call()
  } catch {
    throw panicError()
  }
}

/** The message of a panic may quote the payload, so it becomes neither message nor cause. */
const panicError = (): SidelaneError => new SidelaneError('internal.panic', { message: 'The native engine failed.' })
