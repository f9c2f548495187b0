// The requests of one connection that have no answer yet, found by id without a hash. The ids of a connection only
// grow, and each is chosen so that its low bits name a free place: the rest of it is the place's generation.

export interface Numbered {
  id: number
}

export class Slots<T extends Numbered> {
  readonly #places: (T | undefined)[]
  readonly #mask: number
  #last = 0
  #size = 0

  /** `most` are in flight at once. */
  constructor(most: number) {
    // Twice the room, so that a free place is never far.
    const places = 2 ** Math.ceil(Math.log2(2 * most))
    this.#places = Array.from({ length: places }, () => undefined)
    this.#mask = places - 1
  }

  get size(): number {
    return this.#size
  }

  /** The greatest id that was given. */
  get last(): number {
    return this.#last
  }

  /** Gives the item an id that is greater than all before. */
  put(item: T): void {
    do this.#last++
    while (this.#places[this.#last & this.#mask] !== undefined)
    this.#places[this.#last & this.#mask] = item
    item.id = this.#last
    this.#size++
  }

  /** undefined: nobody with this id waits. */
  find(id: number): T | undefined {
    const item = this.#places[id & this.#mask]
    return item?.id === id ? item : undefined
  }

  remove(item: T): void {
    this.#places[item.id & this.#mask] = undefined
    this.#size--
  }

  /** All of them, in the order of their ids. */
  items(): T[] {
    return this.#places.filter((item) => item !== undefined).sort((a, b) => a.id - b.id)
  }
}
