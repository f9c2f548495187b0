// Results for payloads that are equal byte by byte to earlier ones; equal payloads in flight share one run. Off by default.
// Bounded by entries, bytes and age; the least recently used entry is evicted first. What it does not know may be in a second
// tier that processes share: it is asked once for each run, and gets what the run computes.

import {
  ProcessCall,
  runOf,
  SidelaneError,
  stackless,
  withCanonical,
  type Accepted,
  type AcceptedCanonical,
  type CacheSettings,
  type Call,
  type Holder,
  type Layer,
  type Outcome,
  type ReadContent,
  type Route,
  type Run,
  type SharedCacheStats,
  type SharedQuery,
  type SharedTier,
} from '../model/index.ts'
import { keepPayload } from './own-payload.ts'

export interface CacheParts extends Omit<CacheSettings, 'shared'> {
  /** The open second tier. */
  readonly shared: SharedTier | undefined
  /** The payload's bytes, which no other thread writes to. */
  readonly bytesOf: ReadContent<Uint8Array>
  /** A collision-free digest of the bytes, as text. */
  readonly digestOf: (bytes: Uint8Array) => string
  /** The same with the key of a contract's digest, which others cannot compute. */
  readonly keyedDigestOf: (bytes: Uint8Array, key: Uint8Array) => string
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

  get shared(): SharedCacheStats | undefined {
    return this.#parts.shared?.stats
  }

  readonly layer: Layer = (inner) => {
    const enter = (call: Call): void => this.#enter(call, inner, enter)
    return enter
  }

  /** `again`: for a call that outlives a shared run. */
  #enter(call: Call, inner: Run, again: Run): void {
    const { payload } = call
    const bytes = call.readPayload(this.#parts.bytesOf)
    if (bytes === undefined) return
    // A value is serialized once.
    call.payload = bytes
    // Refused by its size: not worth a digest.
    if (bytes.length > call.route.contract.profile.limits.maxBytes) return inner(call)
    const digest = this.#parts.digestOf(bytes)
    const key = keyOf(call, digest)
    const known = this.#find(key)
    call.cached = 'hit'
    if (known !== undefined) return call.settle(copyOf(known))
    const shared = this.#sharedRuns.get(key)
    if (shared !== undefined) return shared.join(call)
    call.cached = 'miss'
    const { shared: tier } = this.#parts
    if (tier === undefined) return inner(this.#share(key, call, again).run)
    const isCallers = !(call.ownsPayload || typeof payload === 'string')
    this.#askTier(tier, this.#queryOf(call, bytes, digest), this.#share(key, call, again), isCallers, inner)
  }

  #queryOf({ route, canonical }: Call, bytes: Uint8Array, digest: string): SharedQuery {
    const { contract, digestKey } = route
    const isKeyed = digestKey !== undefined && contract.profile.digest === 'hmac-sha-256'
    return {
      contract,
      canonical,
      digest: isKeyed ? this.#parts.keyedDigestOf(bytes, digestKey) : digest,
      inBytes: bytes.length,
    }
  }

  /** The run is a call of its own: calls that wait for it may end earlier, and it ends with the last of them. */
  #share(key: string, first: Call, again: Run): SharedRun {
    const shared = new SharedRun(first, again, (result) => {
      this.#sharedRuns.delete(key)
      if (result instanceof SidelaneError) return
      this.#keep(key, result)
      if (shared.query !== undefined) this.#parts.shared?.write(shared.query, result)
    })
    this.#sharedRuns.set(key, shared)
    shared.join(first)
    return shared
  }

  #askTier(tier: SharedTier, query: SharedQuery, shared: SharedRun, isCallers: boolean, inner: Run): void {
    const { run } = shared
    shared.query = query
    const read = tier.read(query, run.expiresAt, (outcome) => {
      run.holder = undefined
      if (run.settled) return
      if (outcome === undefined) return inner(run)
      shared.query = undefined
      run.cached = 'shared'
      run.settle(outcome)
    })
    if (read === undefined) return inner(run)
    run.holder = read
    // The caller may change its bytes as soon as `process` has returned.
    run.ownsPayload = !isCallers
    keepPayload(run)
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

/** A placement has one number for each pair of contract and `hmac-sha-256` key. */
const keyOf = ({ route, canonical }: Call, digest: string): string =>
  `${route.contractIndex} ${route.contract.id} ${canonical ? 'c' : ''} ${digest}`

/** One run and the calls that wait for it. */
class SharedRun implements Holder {
  readonly run: ProcessCall
  /** What the second tier is to be told of its result. */
  query: SharedQuery | undefined
  readonly #waiters = new Set<Call>()
  readonly #again: Run

  constructor(first: Call, again: Run, onEnd: (result: Outcome | SidelaneError) => void) {
    const { route, payload, canonical } = first
    const end = (result: Outcome | SidelaneError): void => {
      onEnd(result)
      this.#settle(result)
    }
    // Without `onEnd`: the calls that wait are counted, the run is not.
    const uncounted: Route = { contract: route.contract, contractIndex: route.contractIndex }
    this.run = new ProcessCall(uncounted, payload, canonical, end, end)
    this.run.traceparent = first.traceparent
    this.run.expiresAt = 0
    this.#again = again
  }

  join(call: Call): void {
    call.sharedRun = this.run
    call.holder = this
    this.#waiters.add(call)
    this.run.waitsForSpace ||= call.waitsForSpace
    this.#extend(call.expiresAt)
    // The run has it, or a copy of it.
    if (call.expiresAt <= this.run.expiresAt) call.payload = undefined
    // The run may end before the call does: then there is another one.
    else keepPayload(call)
  }

  /** Dropped from the queue only when it would be late for all calls. Who runs it was told its deadline. */
  #extend(expiresAt: number): void {
    const { phase } = runOf(this.run)
    if (phase !== 'new' && phase !== 'queued') return
    for (let run: Call | undefined = this.run; run !== undefined; run = run.sharedRun)
      run.expiresAt = Math.max(run.expiresAt, expiresAt)
  }

  /** A call that waits has ended: by its own deadline, its signal, or the result. */
  release(call: Call): void {
    this.#waiters.delete(call)
    if (this.#waiters.size > 0 || this.run.settled) return
    // A deadline says something about the path, a cancellation nothing.
    const { fault } = call
    this.run.fail(fault?.code === 'deadline.exceeded' ? fault : stackless('cancelled'))
  }

  #settle(result: Outcome | SidelaneError): void {
    let isFirst = true
    const isLate = result instanceof SidelaneError && result.code === 'deadline.exceeded'
    for (const call of this.#waiters) {
      if (isLate && call.expiresAt > this.run.expiresAt) {
        this.#waiters.delete(call)
        call.holder = call.sharedRun = undefined
        this.#again(call)
        continue
      }
      if (this.run.cached === 'shared' && call.cached === 'miss') call.cached = 'shared'
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
