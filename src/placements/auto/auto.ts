// Runs small payloads on the caller's thread while the event loop is idle, and the others in the pool. The estimates that
// decide are in thresholds.ts.

import {
  deadlineExceeded,
  type AutoThresholds,
  type Call,
  type Contract,
  type EngineReport,
  type Layer,
  type Placement,
  type Run,
  type WorkerRestarts,
} from '../../model/index.ts'
import { payloadBytes } from '../../engine/index.ts'
import type { InlinePlacement } from '../inline.ts'
import type { PoolPlacement } from '../pool/pool.ts'
import { calibrate } from './calibrate.ts'
import { InlineRate, thresholdsOf, TurnClock } from './thresholds.ts'

/** Longest turn in budgets, even when the pool is slower. */
const maxTurnBudgets = 2

/** What auto needs on this thread. */
export type CallerThread = Placement & Pick<InlinePlacement, 'runAs'>

/** What auto needs to know about the pool. */
export type WorkerPool = Placement & Pick<PoolPlacement, 'expectedUs' | 'isDown' | 'restarts' | 'takeOver' | 'waitUsAt'>

export interface AutoParts {
  readonly inline: CallerThread
  readonly pool: WorkerPool
  /** In front of the pool only: a call that runs inline needs no space in its queue. */
  readonly admission: Layer
  readonly thresholds: AutoThresholds
  /** Default: `performance.now`. */
  readonly clock?: () => number
}

interface AutoContract {
  /** Its number on this thread. */
  readonly inlineIndex: number
  readonly rate: InlineRate
}

export class AutoPlacement implements Placement {
  readonly name = 'auto'
  readonly engine: EngineReport
  readonly thresholds: AutoThresholds
  readonly #inline: CallerThread
  readonly #pool: WorkerPool
  readonly #toPool: Run
  readonly #clock: () => number
  readonly #turn = new TurnClock()
  /** By the contract's number in the pool, which is that of the calls. */
  readonly #contracts: AutoContract[] = []

  /** Owns both placements from now on. Rejects when the pool does not run the calibration. */
  static async start(parts: Omit<AutoParts, 'thresholds'>): Promise<AutoPlacement> {
    try {
      return new AutoPlacement({ ...parts, thresholds: thresholdsOf(await calibrate(parts.inline, parts.pool)) })
    } catch (error) {
      await Promise.all([parts.inline.stop(), parts.pool.stop()])
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

  add(contract: Contract, digestKey: Uint8Array | undefined): number {
    const number = this.#pool.add(contract, digestKey)
    const inlineIndex = this.#inline.add(contract, digestKey)
    this.#contracts[number] ??= { inlineIndex, rate: new InlineRate(this.thresholds) }
    return number
  }

  get busyDepth(): number {
    return this.#pool.busyDepth
  }

  get restarts(): WorkerRestarts {
    return this.#pool.restarts
  }

  readonly run = (call: Call): void => {
    const bytes = call.readPayload(payloadBytes)
    if (bytes === undefined) return
    // A value is serialized once.
    call.payload = bytes
    const { length } = bytes
    const { rate } = this.#contractOf(call)
    const expectedUs = rate.expectedUs(length)
    if (expectedUs > this.thresholds.inlineBudgetUs) {
      rate.decay(length, this.#pool.expectedUs(length))
      return this.#toPool(call)
    }
    if (this.#hasTime(expectedUs)) this.#runInline(call)
    else this.#toPool(call)
  }

  /** Whether this turn has time for a small payload. It has a little more when the workers are busy for longer. */
  #hasTime(expectedUs: number): boolean {
    const now = this.#clock()
    const turnUs = this.#turn.usAt(now)
    const { inlineBudgetUs, hopUs } = this.thresholds
    if (turnUs + expectedUs <= inlineBudgetUs) return true
    // Without workers the payload would fail in the pool.
    if (this.#pool.isDown) return true
    return turnUs + expectedUs <= maxTurnBudgets * inlineBudgetUs && turnUs < this.#pool.waitUsAt(now) + hopUs
  }

  #runInline(call: Call): void {
    const { length } = call.payload as Uint8Array
    const { inlineIndex, rate } = this.#contractOf(call)
    const from = this.#clock()
    call.ranInline = true
    this.#inline.runAs(call, inlineIndex)
    rate.add(length, (this.#clock() - from) * 1000)
  }

  /** A small payload does not fail with the workers. Many of them keep the event loop busy, as with placement inline. */
  #takeOver(call: Call, copy: () => Uint8Array): boolean {
    // The estimate may have grown since the payload was accepted as small.
    if (this.#contractOf(call).rate.expectedUs(call.copiedBytes) > maxTurnBudgets * this.thresholds.inlineBudgetUs)
      return false
    if (call.expiresAt < this.#clock()) {
      call.fail(deadlineExceeded(call))
      return true
    }
    call.payload = copy()
    call.holder = undefined
    this.#runInline(call)
    return true
  }

  #contractOf({ route }: Call): AutoContract {
    return this.#contracts[route.contractIndex] as AutoContract
  }

  async stop(): Promise<void> {
    await Promise.all([this.#inline.stop(), this.#pool.stop()])
  }
}
