// Outcomes and faults are written here: into the room that the job gives, or memory that is used again and again. What
// they say is the engine's.

import { framedTexts } from '../tables/daemon-texts.ts'
import { encodeFault, SidelaneError } from '../model/index.ts'
import type { Job, Output } from './job.ts'

/** Writes to `bytes` at `at`; the size, or the negated size that is needed. */
export type Write = (job: Job, bytes: Uint8Array, at: number) => number

/** What an outcome takes beyond its payload: the heads, a digest, a few issues. */
const slackBytes = 2048
const scratchBytes = 64 * 1024
const keptBytes = 8 * 1024 * 1024

export class Desk {
  /** Where the last one stands. */
  output: Output = { bytes: new Uint8Array(scratchBytes), at: 0 }
  #scratch: Output = this.output

  /** The size of what is in `output` afterwards: what was written, or `limit.output` when that is too long for the job. */
  write(job: Job, write: Write): number {
    const most = job.mostBytes ?? Number.POSITIVE_INFINITY
    let size = this.#attempt(job, job.payload.length * (job.canonical ? 2 : 1) + slackBytes, write)
    if (size < 0 && -size <= most) size = this.#attempt(job, -size, write)
    if (size >= 0 && size <= most) return size
    return this.#attempt(job, slackBytes, writeTooLong)
  }

  #attempt(job: Job, room: number, write: Write): number {
    this.output = job.room?.(room) ?? this.#own(room)
    return write(job, this.output.bytes, this.output.at)
  }

  #own(room: number): Output {
    const { length } = this.#scratch.bytes
    if (room > length || (length > keptBytes && room <= scratchBytes)) {
      this.#scratch = { bytes: new Uint8Array(Math.max(scratchBytes, 2 ** Math.ceil(Math.log2(room)))), at: 0 }
    }
    return this.#scratch
  }
}

const tooLong = new SidelaneError('limit.output', { message: framedTexts.responseTooLong })
const writeTooLong: Write = (_, bytes, at) => encodeFault(tooLong, bytes, at)
