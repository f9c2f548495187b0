// What the server says by itself on a framed connection: its preface, control frames, and faults in the place of an
// outcome. When it says so is framed.ts.

import { encodeFault, encodeOutcome, rejected, type Rejected, type SidelaneError } from '../model/index.ts'
import { headBytes, prefaceBytes, writeAnswerHead, writeHead, writePreface } from '../wire/index.ts'
import type { FrameOutput } from './write-queue.ts'

/** The texts that the server says by itself are shorter. */
const textBytes = 1024
const nothing = new Uint8Array(0)

export const tooLarge: Rejected = rejected('limit.bytes')

export class Replies {
  readonly #output: FrameOutput

  constructor(output: FrameOutput) {
    this.#output = output
  }

  preface(): void {
    const { bytes, at } = this.#output.room(prefaceBytes)
    writePreface(bytes, at)
    this.#output.add(prefaceBytes, 0)
  }

  control(kind: number, id: number, payload: Uint8Array = nothing): void {
    const { bytes, at } = this.#output.room(headBytes + payload.length)
    writeHead(bytes, at, payload.length, kind, 0, 0, id, 0, 0)
    bytes.set(payload, at + headBytes)
    this.#output.add(headBytes + payload.length, 0)
  }

  /** The answer to a request that is not in flight; with id 0 it is about the connection. */
  refuse(id: number, answer: SidelaneError | Rejected): void {
    const { bytes, at } = this.#output.room(headBytes + textBytes)
    const bodyAt = at + headBytes
    const size = 'ok' in answer ? encodeOutcome(answer, bytes, bodyAt) : encodeFault(answer, bytes, bodyAt)
    writeAnswerHead(bytes, at, size, id, 0, 0)
    this.#output.add(headBytes + size, 0)
  }
}
