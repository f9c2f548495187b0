// Memory that is filled from front to back and reused when it is empty: a block is given back when nothing in it is
// needed any more. Who writes what into a block is not here.

/** A piece of memory that several users share. */
export interface Block<B extends Uint8Array = Uint8Array> {
  readonly bytes: B
  /** First free byte. */
  used: number
  /** Users that still need something in the block. */
  live: number
}

/** Blocks of one size, and how many empty ones are kept; more are left to the garbage collector. */
export interface SizeClass<B extends Uint8Array = Uint8Array> {
  readonly bytes: number
  readonly maxSpare: number
  /** The empty blocks. Arenas that are given the same list share it. */
  readonly spare?: Block<B>[]
}

export class BumpArena<B extends Uint8Array> {
  readonly #allocate: (bytes: number) => B
  readonly #classes: readonly Required<SizeClass<B>>[]
  #open: Block<B> | undefined

  /** `classes` in ascending order; the first one is the size of the open block. */
  constructor(allocate: (bytes: number) => B, classes: readonly SizeClass<B>[]) {
    this.#allocate = allocate
    this.#classes = classes.map((size) => ({ ...size, spare: size.spare ?? [] }))
  }

  /** The block that is being filled. */
  get open(): Block<B> {
    return (this.#open ??= this.#take(0))
  }

  /**
   * A block with `bytes` free bytes at `used`, or at the next multiple of `alignment`. The caller raises `used` and `live`
   * and calls `release` when it is done. A request larger than the open block gets a block of its own.
   */
  reserve(bytes: number, alignment = 1): Block<B> {
    const open = this.#open ?? this.open
    const at = Math.ceil(open.used / alignment) * alignment
    if (at + bytes <= open.bytes.length) {
      open.used = at
      return open
    }
    if (bytes > (this.#classes[0] as SizeClass<B>).bytes) return this.#take(bytes)
    this.trim()
    this.#open = this.#take(bytes)
    return this.#open
  }

  /** One user less: an empty block is reused. */
  release(block: Block<B>): void {
    if (--block.live > 0) return
    block.used = 0
    if (block !== this.#open) this.#recycle(block)
  }

  /** Gives up the open block if it is empty, so that an idle owner holds no memory. */
  trim(): void {
    const open = this.#open
    if (open === undefined || open.live > 0) return
    this.#open = undefined
    this.#recycle(open)
  }

  #take(bytes: number): Block<B> {
    const size = this.#classes.find((one) => bytes <= one.bytes)
    return size?.spare.pop() ?? { bytes: this.#allocate(size?.bytes ?? bytes), used: 0, live: 0 }
  }

  #recycle(block: Block<B>): void {
    const size = this.#classes.find((one) => one.bytes === block.bytes.length)
    if (size === undefined || size.spare.length >= size.maxSpare) return
    block.used = 0
    size.spare.push(block)
  }
}
