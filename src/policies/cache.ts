// Results for payloads that are equal byte by byte to earlier ones; equal payloads in flight share one run. Off by default.
// Bounded by entries, bytes and age; the least recently used entry is evicted first.

import {
  ProcessCall,
  SidelaneError,
  toFault,
  withCanonical,
  type Accepted,
  type AcceptedCanonical,
  type CacheSettings,
  type Call,
  type Holder,
  type Layer,
  type Outcome,
  type Rejected,
  type Route,
  type Run,
} from '../model/index.ts'

export interface CacheParts extends CacheSettings {
  /** The payload's bytes, which no other thread writes to, or its rejection. */
  readonly bytesOf: (payload: unknown, route: Route) => Uint8Array | Rejected
  /** A collision-free digest of the bytes, as text. */
  readonly digestOf: (bytes: Uint8Array) => string
}

interface Entry {
  /** Shared with no caller: copied on the way in and out. */
  readonly outcome: Outcome
  readonly size: number
  readonly expiresAt: number
}

/** Key, entry and their slots in the map; a measured estimate. */
const overheadBytes = 400
const issueBytes = 200

export class ResultCache {
  bytes = 0
  readonly #parts: CacheParts
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>()
  readonly #sharedRuns = new Map<string, SharedRun>()

  constructor(parts: CacheParts) {
    this.#parts = parts
  }

  get entries(): number {
    return this.#entries.size
  }

  readonly layer: Layer = (inner) => (call) => {
    let bytes: Uint8Array | Rejected
    try {
      bytes = this.#parts.bytesOf(call.payload, call.route)
    } catch (error) {
      return call.fail(toFault(error))
    }
    if (!(bytes instanceof Uint8Array)) return call.settle(bytes)
    // A value is serialized once.
    call.payload = bytes
    // Refused by its size: not worth a digest.
    if (bytes.length > call.route.contract.profile.limits.maxBytes) return inner(call)
    const key = this.#keyOf(call, bytes)
    const known = this.#find(key)
    call.cached = 'hit'
    if (known !== undefined) return call.settle(copyOf(known))
    const shared = this.#sharedRuns.get(key)
    if (shared !== undefined) return shared.join(call)
    call.cached = 'miss'
    this.#startRun(key, call, inner)
  }

  /** A placement has one number for each pair of contract and `hmac-sha-256` key. */
  #keyOf({ route, canonical }: Call, bytes: Uint8Array): string {
    return `${route.contractIndex} ${route.contract.id} ${canonical ? 'c' : ''} ${this.#parts.digestOf(bytes)}`
  }

  /** The run is a call of its own: calls that wait for it may end earlier, and it ends with the last of them. */
  #startRun(key: string, first: Call, inner: Run): void {
    const shared = new SharedRun(first, (result) => {
      this.#sharedRuns.delete(key)
      if (!(result instanceof SidelaneError)) this.#keep(key, result)
    })
    this.#sharedRuns.set(key, shared)
    shared.join(first)
    inner(shared.run)
  }

  #find(key: string): Outcome | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#remove(key, entry)
    if (entry.expiresAt <= performance.now()) return undefined
    this.#add(key, entry)
    return entry.outcome
  }

  #keep(key: string, result: Outcome): void {
    const { maxEntries, maxBytes, ttlMs } = this.#parts
    const size = sizeOf(key, result)
    if (size > maxBytes) return
    this.#add(key, { outcome: copyOf(result), size, expiresAt: performance.now() + ttlMs })
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= maxEntries && this.bytes <= maxBytes) break
      this.#remove(oldest, entry)
    }
  }

  #add(key: string, entry: Entry): void {
    this.#entries.set(key, entry)
    this.bytes += entry.size
  }

  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.bytes -= entry.size
  }
}

/** One run and the calls that wait for it. */
class SharedRun implements Holder {
  readonly run: ProcessCall
  readonly #waiters = new Set<Call>()

  constructor({ route, payload, canonical, patient }: Call, onEnd: (result: Outcome | SidelaneError) => void) {
    const end = (result: Outcome | SidelaneError): void => {
      onEnd(result)
      this.#settle(result)
    }
    // Without `onEnd`: the calls that wait are counted, the run is not.
    const uncounted: Route = { contract: route.contract, contractIndex: route.contractIndex }
    this.run = new ProcessCall(uncounted, payload, canonical, end, end)
    this.run.patient = patient
    this.run.expiresAt = 0
  }

  join(call: Call): void {
    call.sharedRun = this.run
    call.holder = this
    // The run has it, or a copy of it.
    call.payload = undefined
    this.#waiters.add(call)
    // Dropped from the queue only when it would be late for all of them.
    this.run.expiresAt = Math.max(this.run.expiresAt, call.expiresAt)
  }

  /** A call that waits has ended: by its own deadline, its signal, or the result. */
  release(call: Call): void {
    this.#waiters.delete(call)
    if (this.#waiters.size === 0) this.run.fail(new SidelaneError('cancelled'))
  }

  #settle(result: Outcome | SidelaneError): void {
    let isFirst = true
    for (const call of this.#waiters) {
      if (result instanceof SidelaneError) call.fail(result)
      else call.settle(isFirst ? result : copyOf(result))
      isFirst = false
    }
  }
}

/** A copy that shares no mutable memory with the outcome. */
function copyOf(outcome: Outcome | AcceptedCanonical): Outcome {
  if (!outcome.ok) return { ...outcome, issues: structuredClone(outcome.issues) }
  const copy: Accepted = { ...outcome, body: outcome.body.slice() }
  return 'canonical' in outcome ? withCanonical(copy, outcome.canonical.slice()) : copy
}

function sizeOf(key: string, outcome: Outcome | AcceptedCanonical): number {
  const bytes = overheadBytes + key.length
  if (outcome.ok) return bytes + outcome.body.length + ('canonical' in outcome ? outcome.canonical.length : 0)
  return outcome.issues.reduce((sum, { pointer }) => sum + issueBytes + pointer.length, bytes)
}
