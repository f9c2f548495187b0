// Small payloads run here while the event loop is idle, the others in the pool. When that is: threshold.ts. How either
// of them works is theirs.

import {
  deadlineExceeded,
  toFault,
  type AutoThresholds,
  type Call,
  type Contract,
  type EngineReport,
  type Layer,
  type Placement,
  type Run,
} from '../../model/index.ts'
import { payloadBytes } from '../../engine/index.ts'
import { measure } from './calibrate.ts'
import { Rate, thresholdsOf, Turn } from './thresholds.ts'

/** In budgets: a turn ends here even when the pool is slower than that. */
const mostTurn = 2

/** What auto asks of the pool beyond running calls. */
export interface Workers extends Placement {
  /** True when no worker would answer, for the time being. */
  readonly down: boolean
  /** What a payload of this size takes a worker. */
  expectedUs(bytes: number): number
  /** How long a payload that comes now would wait for a worker. */
  waitUsAt(now: number): number
  /** Asked for a call that no worker can run. */
  takeOver: (call: Call, copy: () => Uint8Array) => boolean
}

export interface AutoParts {
  readonly inline: Placement
  readonly pool: Workers
  /** In front of the pool only: who runs here needs no place in its queue. */
  readonly admission: Layer
  readonly thresholds: AutoThresholds
  /** Of `performance`. */
  readonly clock?: () => number
}

export class AutoPlacement implements Placement {
  readonly name = 'auto'
  readonly engine: EngineReport
  readonly thresholds: AutoThresholds
  readonly #inline: Placement
  readonly #pool: Workers
  readonly #toPool: Run
  readonly #clock: () => number
  readonly #turn = new Turn()
  /** By the contract's number. */
  readonly #rates: Rate[] = []

  /** Takes both over. Rejects when the pool does not answer. */
  static async start(parts: Omit<AutoParts, 'thresholds'>): Promise<AutoPlacement> {
    try {
      return new AutoPlacement({ ...parts, thresholds: thresholdsOf(await measure(parts.inline, parts.pool)) })
    } catch (error) {
      await parts.pool.stop()
      throw error
    }
  }

  constructor({ inline, pool, admission, thresholds, clock }: AutoParts) {
    this.engine = inline.engine
    this.thresholds = thresholds
    this.#inline = inline
    this.#pool = pool
    this.#toPool = admission(pool.run)
    this.#clock = clock ?? (() => performance.now())
    pool.takeOver = (call, copy) => this.#takeOver(call, copy)
  }

  /** Both number contracts in the order in which they come, and they come to both. */
  add(contract: Contract, digestKey: Uint8Array | undefined): number {
    const number = this.#inline.add(contract, digestKey)
    this.#pool.add(contract, digestKey)
    this.#rates[number] ??= new Rate(this.thresholds)
    return number
  }

  get busyDepth(): number {
    return this.#pool.busyDepth
  }

  readonly run = (call: Call): void => {
    let bytes: Uint8Array
    try {
      const written = payloadBytes(call.payload, call.route.contract.profile.limits)
      // Not by instanceof: bytes may be of another realm.
      if ('ok' in written) return call.settle(written)
      bytes = written
    } catch (error) {
      return call.fail(toFault(error))
    }
    // Written once, wherever it runs.
    call.payload = bytes
    const { length } = bytes
    const rate = this.#rateOf(call)
    const expectedUs = rate.expectedUs(length)
    if (expectedUs > this.thresholds.inlineBudgetUs) {
      rate.doubt(length, this.#pool.expectedUs(length))
      return this.#toPool(call)
    }
    if (this.#hasRoom(expectedUs)) this.#runHere(call)
    else this.#toPool(call)
  }

  /** Whether this turn has time for a small payload; a little more of it when the workers are busy for longer. */
  #hasRoom(expectedUs: number): boolean {
    const now = this.#clock()
    const turnUs = this.#turn.usAt(now)
    const { inlineBudgetUs, hopUs } = this.thresholds
    if (turnUs + expectedUs <= inlineBudgetUs) return true
    // Without workers better late than lost.
    if (this.#pool.down) return true
    return turnUs + expectedUs <= mostTurn * inlineBudgetUs && turnUs < this.#pool.waitUsAt(now) + hopUs
  }

  #runHere(call: Call): void {
    const { length } = call.payload as Uint8Array
    const from = this.#clock()
    call.ranInline = true
    this.#inline.run(call)
    this.#rateOf(call).note(length, (this.#clock() - from) * 1000)
  }

  /** A small payload is not lost with the workers. Many at once keep the loop busy, as with placement inline. */
  #takeOver(call: Call, copy: () => Uint8Array): boolean {
    // What was small when it came may look a little larger by now.
    if (this.#rateOf(call).expectedUs(call.copiedBytes) > mostTurn * this.thresholds.inlineBudgetUs) return false
    if (call.expiresAt < this.#clock()) {
      call.fail(deadlineExceeded(call))
      return true
    }
    call.payload = copy()
    call.seat = undefined
    this.#runHere(call)
    return true
  }

  #rateOf({ route }: Call): Rate {
    return this.#rates[route.contractIndex] as Rate
  }

  async stop(): Promise<void> {
    await Promise.all([this.#inline.stop(), this.#pool.stop()])
  }
}
