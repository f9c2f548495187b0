// The jobs of the whole process: how many may wait, how many bytes they may hold, whose turn it is. A daemon that ran as it
// read would have its queue in the kernel, where no deadline passes and nothing can be cancelled.

import {
  encodeFault,
  errorTable,
  outcomeBodyBytes,
  outcomeCode,
  retryAfterMs,
  type SidelaneError,
  stackless,
} from '../model/index.ts'
import type { Ended, EngineRoom } from './executor.ts'
import type { Asked, Job } from './job.ts'
import type { Observer } from './observer.ts'
import type { Refusal, ServiceSettings } from './service.ts'
import { Spin } from './busy-poll.ts'

/** After so much work reads, cancels and deadlines get their turn. */
const sliceMs = 1
const sliceJobs = 64
/** Weight of the newest job in the mean. */
const share = 1 / 64
/** A job counts for so many times the mean at most: one that met a pause of the process says nothing about the next. */
const mostTimes = 4
/** Before the first job: an order of 4 KB, warm. */
const firstGuessUs = 50
/** A queue that was empty in the last so many ms is a burst, and only its count is bounded (CoDel's interval). */
const burstMs = 100

export class WorkQueue {
  /** Jobs that wait. */
  waiting = 0
  running = 0
  /** What all bodies hold. */
  bytes = 0
  outOfMemory = false
  /** Told when the last job is over. */
  onIdle: () => void = () => {}
  readonly #settings: ServiceSettings
  readonly #room: EngineRoom
  readonly #observer: Observer
  readonly #spin: Spin
  #first: Job | undefined
  #last: Job | undefined
  #scheduled = false
  #slicing = false
  /** What a worker does for a job, in µs. */
  #meanUs = firstGuessUs
  /** When the queue was last empty. */
  #standsSince = 0
  readonly #faultBytes = new Uint8Array(4096)

  constructor(settings: ServiceSettings, room: EngineRoom, observer: Observer) {
    this.#settings = settings
    this.#room = room
    this.#observer = observer
    this.#spin = new Spin(settings.spinUs, () => this.waiting > 0)
  }

  /** Keeps the bytes for a body, or says why not. */
  reserve(bytes: number): Refusal | undefined {
    if (this.outOfMemory) return this.#refusal('memory')
    if (this.waiting >= this.#settings.maxQueue || this.#isLate()) return this.#refusal('queue')
    if (this.bytes + bytes > this.#settings.maxBytes) return this.#refusal('bytes')
    this.bytes += bytes
    return undefined
  }

  release(bytes: number): void {
    this.bytes -= bytes
  }

  submit(job: Job): void {
    if (this.waiting++ === 0) this.#standsSince = job.receivedAt
    job.waits = true
    job.earlier = this.#last
    if (this.#last === undefined) this.#first = job
    else this.#last.later = job
    this.#last = job
    this.#schedule()
  }

  cancel(job: Job): boolean {
    if (!job.waits) return false
    this.#remove(job)
    this.#fail(job, stackless('cancelled'), performance.now())
    return true
  }

  drop(job: Job): boolean {
    if (!job.waits) return false
    this.#remove(job)
    this.#over(job)
    return true
  }

  /** Time until a job that comes now would have its turn. */
  get #drainMs(): number {
    return (this.waiting * this.#meanUs) / this.#room.workers / 1000
  }

  /** A count says little where a payload takes 20 µs or 20 ms: a queue that does not go away is bounded by its time. */
  #isLate(): boolean {
    if (this.waiting < this.#room.workers || this.#drainMs < this.#settings.maxQueueMs) return false
    return performance.now() - this.#standsSince > burstMs
  }

  #refusal(reason: Refusal['reason']): Refusal {
    return { reason, retryAfterMs: this.#retryAfterMs }
  }

  get #retryAfterMs(): number {
    return retryAfterMs(this.#drainMs)
  }

  /** Behind the reads of this turn of the event loop. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#slice)
  }

  readonly #slice = (): void => {
    this.#scheduled = false
    this.#slicing = true
    let now = performance.now()
    const end = now + sliceMs
    for (let jobs = 0; jobs < sliceJobs && now < end && this.#room.room > 0; jobs++) {
      const job = this.#first
      if (job === undefined) break
      this.#remove(job)
      if (now >= job.expiresAt) this.#fail(job, stackless('deadline.exceeded', inQueue), now)
      else if (job.isUnwelcome === true) {
        this.#observer.shed('output')
        this.#fail(job, stackless('overloaded', { retryAfterMs: this.#retryAfterMs }), now)
      } else {
        job.startedAt = now
        this.running++
        this.#room.run(job, now, this.#ended)
      }
      now = performance.now()
    }
    this.#slicing = false
    // A pool without room calls when it has some.
    if (this.#first === undefined) this.#rest()
    else if (this.#room.room > 0) this.#schedule()
  }

  readonly #ended: Ended = (job, output, size, us, workUs) => {
    this.running--
    this.#meanUs += (Math.min(workUs, mostTimes * this.#meanUs) - this.#meanUs) * share
    const queueUs = Math.round((job.startedAt - job.receivedAt) * 1000)
    const runUs = Math.round(us)
    this.#report(job, output.bytes, output.at, queueUs, runUs)
    if (job.answerAt !== undefined) job.answerAt(size, queueUs, runUs)
    else job.answer(output.bytes.subarray(output.at, output.at + size), queueUs, runUs)
    this.#over(job)
    if (this.#slicing) return
    if (this.#first === undefined) this.#rest()
    else this.#schedule()
  }

  #rest(): void {
    if (this.running === 0) this.#spin.wait()
  }

  #fail(job: Job, fault: SidelaneError, now: number): void {
    const size = encodeFault(fault, this.#faultBytes, 0)
    const queueUs = Math.round((now - job.receivedAt) * 1000)
    this.#report(job, this.#faultBytes, 0, queueUs, 0)
    job.answer(this.#faultBytes.subarray(0, size), queueUs, 0)
    this.#over(job)
  }

  #over(job: Job): void {
    this.release(job.reserved)
    if (this.waiting === 0 && this.running === 0) this.onIdle()
  }

  #report(asked: Asked, bytes: Uint8Array, at: number, queueUs: number, runUs: number): void {
    const code = outcomeCode(bytes, at)
    if (code === undefined) this.#observer.request(asked, 'accepted', 200, outcomeBodyBytes(bytes, at), queueUs, runUs)
    else this.#observer.request(asked, code, errorTable[code].status, 0, queueUs, runUs)
  }

  #remove(job: Job): void {
    this.waiting--
    job.waits = false
    if (job.earlier === undefined) this.#first = job.later
    else job.earlier.later = job.later
    if (job.later === undefined) this.#last = job.earlier
    else job.later.earlier = job.earlier
    job.earlier = job.later = undefined
  }
}

const inQueue = { params: { where: 'queue' } }
