// Seeded load by the clock: requests leave at a fixed rate, whatever the answers do, and each answer is accounted for.

import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { percentile } from '../../src/util/stats.ts'
import { seeded, type Random } from '../payloads/random.ts'

export type Path = 'old' | 'new' | 'fallback'

/** The requests that left during a step of the walk. */
export interface Stage {
  readonly percent: number
  readonly what: string
  calls: number
  readonly by: Record<Path, number>
  lost: number
  /** Answered with another verdict than the payload deserves. */
  wrong: number
  /** Of the answers, in ms. */
  readonly latencies: number[]
}

export const p95Of = ({ latencies }: Stage): number => percentile(Float64Array.from(latencies).sort(), 0.95)

const connections = 128
const headers = { 'content-type': 'application/json' }
const words = 'parcel bell door second floor left behind the gate please ring twice fragile keep dry urgent gift'.split(
  ' ',
)

export class Load {
  readonly stages: Stage[] = []
  /** When the last answer arrived of a call that the candidate got: its own, or that of the fallback for it. */
  lastCandidateMs = 0
  readonly #pool: Pool
  readonly #random: Random
  readonly #perSecond: number
  readonly #open = new Set<Promise<void>>()
  readonly #ended = new AbortController()
  readonly #done: Promise<void>

  constructor(url: string, seed: number, perSecond: number) {
    this.#pool = new Pool(url, { connections, keepAliveTimeout: 60_000 })
    this.#random = seeded(seed)
    this.#perSecond = perSecond
    this.stage(0, 'before')
    this.#done = this.#send()
  }

  /** Requests that leave from now on belong to a new stage. */
  stage(percent: number, what: string): Stage {
    const stage = { percent, what, calls: 0, by: { old: 0, new: 0, fallback: 0 }, lost: 0, wrong: 0, latencies: [] }
    this.stages.push(stage)
    return stage
  }

  /** Sends no more, and waits for all answers. */
  async stop(): Promise<void> {
    this.#ended.abort()
    await this.#done
    await Promise.all(this.#open)
    await this.#pool.close()
  }

  /** Sends no more, and waits for nothing. */
  async abandon(): Promise<void> {
    this.#ended.abort()
    await this.#pool.destroy()
  }

  async #send(): Promise<void> {
    const from = performance.now()
    for (let sent = 0; !this.#ended.signal.aborted;) {
      const due = ((performance.now() - from) / 1000) * this.#perSecond
      for (; sent < due; sent++) {
        const call: Promise<void> = this.#call().finally(() => this.#open.delete(call))
        this.#open.add(call)
      }
      await sleep(2)
    }
  }

  async #call(): Promise<void> {
    const stage = this.stages.at(-1) as Stage
    stage.calls++
    const isValid = !this.#random.chance(0.1)
    const body = payload(this.#random, isValid)
    const from = performance.now()
    try {
      const {
        statusCode,
        headers: answered,
        body: answer,
      } = await this.#pool.request({
        path: '/orders',
        method: 'POST',
        headers,
        body,
      })
      await answer.dump()
      const [path, cause] = String(answered['x-path']).split(' ')
      if ((statusCode !== 201 && statusCode !== 422) || !isPath(path)) {
        stage.lost++
        return
      }
      if ((statusCode === 201) !== isValid) stage.wrong++
      stage.by[path]++
      stage.latencies.push(performance.now() - from)
      if (path === 'new' || (path === 'fallback' && cause !== 'exercise')) this.lastCandidateMs = Date.now()
    } catch {
      stage.lost++
    }
  }
}

const isPath = (text: unknown): text is Path => text === 'old' || text === 'new' || text === 'fallback'

/** One to four kilobytes; an invalid one has no address. */
function payload(random: Random, isValid: boolean): string {
  const id = random.int(1, 2 ** 31)
  const note = Array.from({ length: random.int(150, 600) }, () => random.pick(words)).join(' ')
  return JSON.stringify({ id, email: isValid ? ` Ada.${id}@Example.org ` : 'nobody', note })
}
