// Results that were computed before, for payloads that come again byte by byte; equal payloads in flight share one run.
// Off unless asked for. Bounded by entries, bytes and age; what goes first is what was not asked for longest.

import {
  Call,
  SidelaneError,
  toFault,
  withCanonical,
  type Accepted,
  type AcceptedCanonical,
  type CacheSettings,
  type Holder,
  type Layer,
  type Outcome,
  type Rejected,
  type Route,
  type Run,
} from '../model/index.ts'

export interface CacheParts extends CacheSettings {
  /** The payload's bytes, which no other thread writes to, or why it has none. */
  readonly bytesOf: (payload: unknown, route: Route) => Uint8Array | Rejected
  /** A collision-free digest of the bytes, as text. */
  readonly digestOf: (bytes: Uint8Array) => string
}

interface Entry {
  /** Nobody else's: what goes in and what goes out are copies. */
  readonly outcome: Outcome
  readonly size: number
  readonly expiresAt: number
}

/** Key, entry and their places in the map; a measured guess. */
const overheadBytes = 400
const issueBytes = 200

export class ResultCache {
  readonly #parts: CacheParts
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>()
  readonly #flights = new Map<string, Flight>()
  #bytes = 0

  constructor(parts: CacheParts) {
    this.#parts = parts
  }

  get entries(): number {
    return this.#entries.size
  }

  get bytes(): number {
    return this.#bytes
  }

  readonly layer: Layer = (inner) => (call) => {
    let bytes: Uint8Array | Rejected
    try {
      bytes = this.#parts.bytesOf(call.payload, call.route)
    } catch (error) {
      return call.fail(toFault(error))
    }
    if (!(bytes instanceof Uint8Array)) return call.settle(bytes)
    // What is written once is not written again further in.
    call.payload = bytes
    // Refused at a glance: not worth a digest.
    if (bytes.length > call.route.contract.profile.limits.maxBytes) return inner(call)
    const key = this.#keyOf(call, bytes)
    const known = this.#find(key)
    call.cached = 'hit'
    if (known !== undefined) return call.settle(copyOf(known))
    const flight = this.#flights.get(key)
    if (flight !== undefined) return flight.join(call)
    call.cached = 'miss'
    this.#fly(key, call, inner)
  }

  /** A placement gives a contract one number for each key of `hmac-sha-256`, so it stands for both. */
  #keyOf({ route, canonical }: Call, bytes: Uint8Array): string {
    return `${route.contractIndex} ${route.contract.id} ${canonical ? 'c' : ''} ${this.#parts.digestOf(bytes)}`
  }

  /** The run is a call of its own: the calls that wait for it may go, and it ends when the last one has gone. */
  #fly(key: string, first: Call, inner: Run): void {
    const flight = new Flight(first, (result) => {
      this.#flights.delete(key)
      if (!(result instanceof SidelaneError)) this.#keep(key, result)
    })
    this.#flights.set(key, flight)
    flight.join(first)
    inner(flight.run)
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
      if (this.#entries.size <= maxEntries && this.#bytes <= maxBytes) break
      this.#remove(oldest, entry)
    }
  }

  #add(key: string, entry: Entry): void {
    this.#entries.set(key, entry)
    this.#bytes += entry.size
  }

  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#bytes -= entry.size
  }
}

/** One run and the calls that wait for it. */
class Flight implements Holder {
  readonly run: Call
  readonly #waiters = new Set<Call>()

  constructor({ route, payload, canonical, patient }: Call, onEnd: (result: Outcome | SidelaneError) => void) {
    const end = (result: Outcome | SidelaneError): void => {
      onEnd(result)
      this.#settle(result)
    }
    // Its end is counted for the calls that wait, not for itself.
    const uncounted: Route = { contract: route.contract, contractIndex: route.contractIndex, holders: [] }
    this.run = new Call(uncounted, payload, canonical, undefined, undefined, end, end, patient)
    this.run.expiresAt = 0
  }

  join(call: Call): void {
    call.standIn = this.run
    call.seat = this
    // The run has it, or a copy of it.
    call.payload = undefined
    this.#waiters.add(call)
    // Dropped from the queue only when it would be late for everyone.
    this.run.expiresAt = Math.max(this.run.expiresAt, call.expiresAt)
  }

  /** A call that waits is over: its own deadline, its signal, or the answer. */
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

/** An outcome that shares nothing with the given one that a caller could write to. */
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
