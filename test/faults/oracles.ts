// What must be true after every fault (O1, O2, O4, O5). A trial records its calls, and checks the oracles against the records
// at its end. Faults are caused in fault-kit.ts.
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Host, Outcome, Processor, ProcessOptions, SidelaneError, Stats } from 'sidelane'
import { expect } from 'vitest'
import { collect } from '../../src/measure/heap.ts'

/** How one call ended. */
export interface Ending {
  readonly code: 'ok' | 'rejected' | SidelaneError['code']
  readonly ms: number
  /** By `performance.now()`. */
  readonly endedAt: number
  readonly outcome?: Outcome
  readonly error?: SidelaneError
}

interface Record {
  readonly payload: unknown
  readonly startedAt: number
  readonly deadlineMs: number | undefined
  ending: Ending | undefined
}

/** Resources of a process. */
export interface Holdings {
  readonly fds: number
  readonly threads: number
  readonly rss: number
}

/** Tolerance after a deadline (O5), in ms. */
const graceMs = 50
/** Time in which all resources are released (O4), in ms. Time for which this thread was blocked does not count. */
const settleMs = 5000
/** The allocator keeps pages of ended threads; a leak of payloads, buffers or heaps of workers is larger. */
const rssSlack = 64 * 2 ** 20
/** An idle worker does not collect garbage: it may keep a heap up to its limit. */
const heapSlack = 128 * 2 ** 20
/** Larger payloads are not copied for the comparison: a row must not write to them. */
const copiedBytes = 64 * 1024

export class Trial {
  readonly host: Host
  readonly processor: Processor
  readonly #deadlineMs: number | undefined
  readonly #records: Record[] = []
  readonly #lag = new LagProbe()

  constructor(host: Host, processor: Processor, deadlineMs: number | undefined) {
    this.host = host
    this.processor = processor
    this.#deadlineMs = deadlineMs
  }

  /** Makes and records one call. Never rejects. */
  async offer(payload: unknown, options: ProcessOptions = {}): Promise<Ending> {
    const { deadlineMs = this.#deadlineMs } = options
    const kept = payload instanceof Uint8Array && payload.length <= copiedBytes ? Buffer.from(payload) : payload
    const record: Record = { payload: kept, startedAt: performance.now(), deadlineMs, ending: undefined }
    this.#records.push(record)
    const end = (rest: Omit<Ending, 'ms' | 'endedAt'>): Ending => {
      const endedAt = performance.now()
      return (record.ending = { ...rest, ms: endedAt - record.startedAt, endedAt })
    }
    return this.processor.process(payload as string, options).then(
      (outcome) => end({ code: outcome.ok ? 'ok' : 'rejected', outcome }),
      (error: SidelaneError) => end({ code: error.code, error }),
    )
  }

  offerAll(payloads: readonly unknown[], options?: ProcessOptions): Promise<Ending[]> {
    return Promise.all(payloads.map((payload) => this.offer(payload, options)))
  }

  /** Resolves when the condition holds; fails the test when it does not within 5 s. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const lookMs = 10
    for (let leftMs = settleMs; !holds(); leftMs -= lookMs) {
      if (leftMs <= 0) throw new Error(`Not within ${settleMs} ms: ${what}`)
      await sleep(lookMs)
    }
  }

  /** Whether this thread was blocked when the call ended, or shortly before: who is late then is not to blame. */
  wasBlockedAt({ endedAt }: Ending): boolean {
    return this.#lag.heldUp(endedAt - graceMs, endedAt) > graceMs / 2
  }

  /** Checks all oracles after the faults. */
  async judge(reference: Processor, alive: Holdings): Promise<void> {
    await this.until('every call has an answer', () => this.#records.every(({ ending }) => ending !== undefined))
    // The probe notices late that the event loop was blocked.
    await sleep(2 * intervalMs)
    this.#lag.stop()
    this.#everyCallIsCounted()
    await this.#everyAnswerIsTheInlineOne(reference)
    await this.#everythingIsGivenBack(alive)
    this.#everyCallWasInTime()
  }

  /** O1: the counters equal the recorded endings, and each call has exactly one. */
  #everyCallIsCounted(): void {
    const count = (...codes: Ending['code'][]): number =>
      this.#records.filter(({ ending }) => ending !== undefined && codes.includes(ending.code)).length
    // Refused before it counts as a call.
    const calls = this.#records.length - count('options.invalid')
    const known = {
      accepted: count('ok'),
      rejected: count('rejected'),
      shed: count('overloaded'),
      deadlineExceeded: count('deadline.exceeded'),
      cancelled: count('cancelled'),
    }
    const failed = calls - Object.values(known).reduce((sum, part) => sum + part, 0)
    const tally: Omit<Stats, 'errors' | 'inBytes' | 'outBytes' | 'latency'> = {
      calls,
      ...known,
      failed,
      inFlight: 0,
      queued: 0,
      queuedBytes: 0,
    }
    for (const [what, counter] of [['processor', this.processor] as const, ['host', this.host] as const]) {
      const {
        restarts: _,
        fallback: _fallback,
        breaker: _breaker,
        errors,
        inBytes: _in,
        outBytes: _out,
        latency: _latency,
        ...stats
      } = counter.stats()
      const byCode = Object.values(errors).reduce((sum, one) => sum + one, 0)
      expect(byCode, `O1: the ${what} counts each code`).toBe(calls - tally.accepted)
      expect(stats, `O1: the ${what} counts what its callers saw`).toEqual(tally)
    }
  }

  /** O2: every outcome equals that of placement inline. */
  async #everyAnswerIsTheInlineOne(reference: Processor): Promise<void> {
    const known = new Map<unknown, unknown>()
    for (const { payload, ending } of this.#records) {
      if (ending?.outcome === undefined) continue
      const key = payload instanceof Buffer ? payload.toString('latin1') : payload
      if (!known.has(key)) known.set(key, bare(await reference.process(payload)))
      expect(bare(ending.outcome), 'O2: an answer differs from the inline one').toEqual(known.get(key))
    }
  }

  /** O4, while the placement runs. */
  async #everythingIsGivenBack(alive: Holdings): Promise<void> {
    await expectHoldings('O4: after the faults', alive, rssSlack + heapSlack)
    await this.until('O4: the pool is full again', () => holdings().threads === alive.threads)
  }

  /** O5: a call ends within 50 ms after its deadline, plus the time for which this thread was blocked. */
  #everyCallWasInTime(): void {
    for (const { startedAt, deadlineMs, ending } of this.#records) {
      if (deadlineMs === undefined || !Number.isFinite(deadlineMs) || ending === undefined) continue
      const dueAt = startedAt + deadlineMs
      const lateMs = startedAt + ending.ms - dueAt
      if (lateMs <= graceMs) continue
      const heldUpMs = this.#lag.heldUp(dueAt, dueAt + lateMs)
      expect(lateMs, `O5: ${ending.code} after a deadline of ${deadlineMs} ms`).toBeLessThanOrEqual(graceMs + heldUpMs)
    }
  }
}

/** An outcome without its functions. */
const bare = (outcome: Outcome): unknown =>
  outcome.ok ? { ...outcome, body: Buffer.from(outcome.body).toString('base64') } : outcome

export function holdings(): Holdings {
  collect()
  return {
    fds: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    rss: process.memoryUsage.rss(),
  }
}

/** O4: descriptors, threads and memory are released within 5 s. */
export async function expectHoldings(when: string, baseline: Holdings, slack: number = rssSlack): Promise<void> {
  const lookMs = 50
  for (let leftMs = settleMs; ; leftMs -= lookMs) {
    const { fds, threads, rss } = holdings()
    const grown = { fds: fds - baseline.fds, threads: threads - baseline.threads, rss: rss - baseline.rss }
    if (grown.fds <= 0 && grown.threads <= 0 && grown.rss <= slack) return
    if (leftMs <= 0) throw new Error(`${when}, still held: ${JSON.stringify(grown)}`)
    await sleep(lookMs)
  }
}

/** The round takes less than `limitMs`: another process may take the core during one, so the best of three counts. */
export async function expectSoon(limitMs: number, round: () => Promise<number>): Promise<void> {
  const times: number[] = []
  while (times.length < 3 && !times.some((ms) => ms < limitMs)) times.push(await round())
  expect(Math.min(...times)).toBeLessThan(limitMs)
}

const intervalMs = 5

/** Records when this thread was blocked, as all are on a busy machine. */
class LagProbe {
  readonly #delays: { at: number; lateMs: number }[] = []
  readonly #timer: NodeJS.Timeout
  #last = performance.now()

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now()
      const lateMs = now - this.#last - intervalMs
      if (lateMs > intervalMs) this.#delays.push({ at: now, lateMs })
      this.#last = now
    }, intervalMs)
  }

  /**
   * The two greatest delays between `from` and `to`, the tick that follows included: a deadline that passes in a block waits for
   * the answers that arrived meanwhile, and there may be another block then.
   */
  heldUp(from: number, to: number): number {
    const [most = 0, second = 0] = this.#delays
      .flatMap(({ at, lateMs }) => (at >= from && at - lateMs <= to ? [lateMs] : []))
      .toSorted((a, b) => b - a)
    return most + second
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
