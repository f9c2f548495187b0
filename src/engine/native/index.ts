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

/** Outcomes are written here, then copied out. It grows with the largest one, and shrinks again beyond `keptBytes`. */
let target = new Uint8Array(64 * 1024)
const keptBytes = 8 * 1024 * 1024

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
      const limitMs = limit.endsAt - limit.startedAt
      size = binding.process(handle, unshared(payload), canonical, unsharedTarget, limitMs, limit.looksAhead)
    } catch {
      throw panicError()
    }
    if (size > 0 && outcomeCode(into, offset) === 'deadline.exceeded') {
      throw deadlineError('run')
    }
    return size
  }
  const process = (payload: Uint8Array, canonical: boolean, limit?: RunLimit): Outcome => {
    let size = processInto(payload, canonical, target, 0, limit)
    if (size < 0) {
      target = new Uint8Array(-size * 2)
      size = processInto(payload, canonical, target, 0, limit)
    }
    const outcome = decodeOutcome(target, 0, codec)
    if (target.length > keptBytes) target = new Uint8Array(64 * 1024)
    return outcome
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
