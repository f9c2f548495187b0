// The payloads of the soak, with what inline says about each, and the calls of one placement.

import { setTimeout as sleep } from 'node:timers/promises'
import { SidelaneError, type Outcome, type Processor } from 'sidelane'
import { makeOrders } from '../payloads/orders.ts'
import { percentile } from '../../src/util/stats.ts'
import { seeded, type Random } from '../payloads/random.ts'

export interface Expected {
  readonly payload: Uint8Array
  /** The digest of an accepted payload, else code and number of issues. */
  readonly verdict: string
}

const encoder = new TextEncoder()

const verdictOf = (outcome: Outcome): string =>
  outcome.ok
    ? `${outcome.digest?.toString() ?? ''} ${outcome.canonicalBytes}`
    : `${outcome.code} ${outcome.issues.length}`

/** Valid, invalid and hostile payloads, with the verdict of the processor. */
export async function expectedOf(inline: Processor, seed: number): Promise<Expected[]> {
  const orders = makeOrders({ count: 300, seed })
  const payloads = [
    ...orders,
    ...makeOrders({ count: 100, seed: seed + 1, invalid: true }),
    ...makeOrders({ count: 20, seed: seed + 2, meanBytes: 100_000 }),
    ...hostile(orders[0] as Uint8Array),
  ]
  const verdicts = await Promise.all(payloads.map(async (payload) => verdictOf(await inline.process(payload))))
  return payloads.map((payload, at) => ({ payload, verdict: verdicts[at] as string }))
}

function hostile(order: Uint8Array): Uint8Array[] {
  const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
  const keys = Array.from({ length: 20_000 }, (_, at) => `"k${at}":${at}`)
  const texts = ['', '{', 'null', '{"a":1,"a":2}', '1e999', '"\\ud800"', deep(100_000), `{${keys.join(',')}}`]
  const cut = [1, 100, 1000].map((size) => order.subarray(0, size))
  const broken = [0xff, 0x00, 0xc0].map((byte) => {
    const copy = order.slice()
    copy[copy.length >> 1] = byte
    return copy
  })
  const large = encoder.encode(`"${'x'.repeat(2_000_000)}"`)
  return [...texts.map((text) => encoder.encode(text)), ...cut, ...broken, large]
}

/** What a caller did on purpose, and may get. */
const expectedFaults = new Set(['cancelled', 'deadline.exceeded', 'overloaded'])

export class Traffic {
  readonly name: string
  readonly #processor: Processor
  readonly #expected: readonly Expected[]
  readonly #random: Random
  offered = 0
  answered = 0
  /** By code: faults that the caller provoked. */
  readonly provoked: Record<string, number> = {}
  /** Wrong verdicts, and faults that nothing explains. The first ones. */
  readonly wrong: string[] = []
  wrongCount = 0
  #times: number[] = []

  constructor(name: string, processor: Processor, expected: readonly Expected[], seed: number) {
    this.name = name
    this.#processor = processor
    this.#expected = expected
    this.#random = seeded(seed)
  }

  /** Calls until the signal, one after the other, with a pause of some ms. */
  async run(end: AbortSignal, pauseMs: number): Promise<void> {
    while (!end.aborted) {
      await this.#call()
      await sleep(pauseMs)
    }
  }

  /** The p99 in ms since the last time. */
  takeP99(): number {
    const times = Float64Array.from(this.#times).sort()
    this.#times = []
    return times.length < 20 ? Number.NaN : percentile(times, 0.99)
  }

  get settled(): number {
    return this.answered + Object.values(this.provoked).reduce((sum, count) => sum + count, 0) + this.wrongCount
  }

  async #call(): Promise<void> {
    const { payload, verdict } = this.#random.pick(this.#expected)
    this.offered++
    const kind = this.#random.int(0, 99)
    const controller = new AbortController()
    if (kind === 0) setTimeout(() => controller.abort(), this.#random.int(0, 3))
    const options = kind === 0 ? { signal: controller.signal } : kind === 1 ? { deadlineMs: 1 } : {}
    const started = performance.now()
    try {
      const got = verdictOf(await this.#processor.process(payload, options))
      this.answered++
      if (kind > 1) this.#times.push(performance.now() - started)
      if (got !== verdict) {
        this.answered--
        this.#fail(`expected ${verdict}, got ${got}`)
      }
    } catch (error) {
      const code = error instanceof SidelaneError ? error.code : String(error)
      if (code === 'overloaded' || (kind < 2 && expectedFaults.has(code))) {
        this.provoked[code] = (this.provoked[code] ?? 0) + 1
      } else this.#fail(`${code}: ${error instanceof Error ? error.message : ''}`)
    }
  }

  #fail(text: string): void {
    this.wrongCount++
    if (this.wrong.length < 5) this.wrong.push(text)
  }
}
