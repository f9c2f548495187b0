// The memory that requests are written to: filled from front to back, sent in one piece, and kept until nobody needs
// what is in it: the system, or a request that may have to be sent again. What a frame looks like is not here.

import { Buffer } from 'node:buffer'

export class Slab {
  readonly bytes: Buffer
  /** First free byte. */
  used: number = 0
  /** Requests and writes that still need it. */
  live: number = 0

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size)
  }
}

/** Measured: smaller ones cost more writes, larger ones more cache. */
const slabBytes = 256 * 1024
const maxSpare = 8

/** What is written between two flushes, in order. */
interface Range {
  readonly slab: Slab
  readonly from: number
  readonly to: number
}

export class Outbox {
  #slab = new Slab(slabBytes)
  /** Where the open slab's unsent bytes begin. */
  #from = 0
  #ranges: Range[] = []
  readonly #spare: Slab[] = []

  /** A slab with room for so many bytes behind `used`. */
  reserve(size: number): Slab {
    const slab = this.#slab
    if (slab.used + size <= slab.bytes.length) return slab
    this.#cut()
    this.#slab = size > slabBytes ? new Slab(size) : (this.#spare.pop() ?? new Slab(slabBytes))
    this.#from = 0
    return this.#slab
  }

  /** Gives out what was written since the last time, as few pieces as there are slabs. Each is held until `release`. */
  takeAll(): readonly Range[] {
    this.#cut()
    const ranges = this.#ranges
    if (ranges.length > 0) this.#ranges = []
    return ranges
  }

  release(slab: Slab): void {
    if (--slab.live > 0) return
    if (slab === this.#slab) {
      // The same memory again, while it is warm.
      if (this.#from === slab.used) this.#from = slab.used = 0
    } else if (slab.bytes.length === slabBytes && this.#spare.length < maxSpare) {
      slab.used = 0
      this.#spare.push(slab)
    }
  }

  #cut(): void {
    const slab = this.#slab
    if (slab.used === this.#from) return
    slab.live++
    this.#ranges.push({ slab, from: this.#from, to: slab.used })
    this.#from = slab.used
  }
}
