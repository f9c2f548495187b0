// Small payloads run here while the event loop is idle, the others in the pool. When that is: threshold.ts. How either
// of them works is theirs.

import {
  toFault,
  type AutoThresholds,
  type Call,
  type Contract,
  type EngineReport,
  type Layer,
  type Placement,
  type Run,
} from '../../contract/index.ts'
import { payloadBytes } from '../../engine/index.ts'
import type { InlinePlacement } from '../inline.ts'
import type { PoolPlacement } from '../pool/pool.ts'
import { measure } from './probe.ts'
import { Rate, thresholdsOf, Turn } from './threshold.ts'

/** In budgets: a turn ends here even when the pool is slower than that. */
const mostTurn = 8

export interface AutoParts {
  readonly inline: InlinePlacement
  readonly pool: PoolPlacement
  /** In front of the pool only: who runs here needs no place in its queue. */
  readonly admission: Layer
}

export class AutoPlacement implements Placement {
  readonly name = 'auto'
  readonly engine: EngineReport
  readonly thresholds: AutoThresholds
  readonly #inline: InlinePlacement
  readonly #pool: PoolPlacement
  readonly #toPool: Run
  readonly #turn = new Turn()
  /** By the contract's number. */
  readonly #rates: Rate[] = []

  /** Takes both over. Rejects when the pool does not answer. */
  static async start(parts: AutoParts): Promise<AutoPlacement> {
    try {
      return new AutoPlacement(parts, thresholdsOf(await measure(parts.inline, parts.pool)))
    } catch (error) {
      await parts.pool.stop()
      throw error
    }
  }

  private constructor({ inline, pool, admission }: AutoParts, thresholds: AutoThresholds) {
    this.engine = inline.engine
    this.thresholds = thresholds
    this.#inline = inline
    this.#pool = pool
    this.#toPool = admission(pool.run)
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
      if (!(written instanceof Uint8Array)) return call.settle(written)
      bytes = written
    } catch (error) {
      return call.fail(toFault(error))
    }
    // Written once, wherever it runs.
    call.payload = bytes
    const { length } = bytes
    const rate = this.#rates[call.route.contractIndex] as Rate
    const expectedUs = rate.expectedUs(length)
    const { inlineBudgetUs } = this.thresholds
    if (expectedUs > inlineBudgetUs) {
      rate.doubt(length, this.#pool.expectedUs(length))
      return this.#toPool(call)
    }
    const from = performance.now()
    const turnUs = this.#turn.usAt(from)
    if (turnUs + expectedUs > inlineBudgetUs && !this.#sooner(turnUs, from)) return this.#toPool(call)
    call.ranInline = true
    this.#inline.run(call)
    rate.note(length, (performance.now() - from) * 1000)
  }

  /** The turn is over its budget: whether a small payload is better off here all the same. */
  #sooner(turnUs: number, now: number): boolean {
    // Without workers better late than lost.
    if (this.#pool.down) return true
    return turnUs < mostTurn * this.thresholds.inlineBudgetUs && turnUs < this.#pool.waitUsAt(now)
  }

  async stop(): Promise<void> {
    await Promise.all([this.#inline.stop(), this.#pool.stop()])
  }
}
