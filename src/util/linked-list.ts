// A doubly linked list whose links are fields of its items: append, prepend and removal from the middle are O(1) and
// allocate nothing. A Set that takes and loses every call costs the main thread ten times as much.

/** The links of an item. An item is in one list at a time. */
export interface Linked<T> {
  next: T | undefined
  previous: T | undefined
}

export class LinkedList<T extends Linked<T>> {
  first: T | undefined = undefined
  last: T | undefined = undefined
  size = 0
  /** Of the iterations that have not ended: what each of them comes to next. */
  readonly #cursors = new Set<{ next: T | undefined }>()

  /** Adds the item at the end. */
  push(item: T): void {
    item.previous = this.last
    if (this.last === undefined) this.first = item
    else this.last.next = item
    this.last = item
    this.size++
  }

  /** Adds the item in front. */
  unshift(item: T): void {
    item.next = this.first
    if (this.first === undefined) this.last = item
    else this.first.previous = item
    this.first = item
    this.size++
  }

  /** Removes an item of this list. False: it is in no list, and nothing happens. */
  remove(item: T): boolean {
    const { next, previous } = item
    if (previous === undefined && this.first !== item) return false
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.last = previous
    else next.previous = previous
    item.next = item.previous = undefined
    this.size--
    if (this.#cursors.size > 0) for (const cursor of this.#cursors) if (cursor.next === item) cursor.next = next
    return true
  }

  /** Removes and returns the first item. */
  shift(): T | undefined {
    const item = this.first
    if (item !== undefined) this.remove(item)
    return item
  }

  /**
   * From first to last. Any item may be removed while the iteration goes on, the next one too; one that is added meanwhile
   * may be left out.
   */
  *[Symbol.iterator](): Generator<T, void> {
    const cursor = { next: this.first }
    this.#cursors.add(cursor)
    try {
      for (let item = cursor.next; item !== undefined; item = cursor.next) {
        cursor.next = item.next
        yield item
      }
    } finally {
      this.#cursors.delete(cursor)
    }
  }
}
