// Payloads from a source, outcomes in the same order. Reads ahead only as far as its concurrency allows. The calls
// wait for space: admission does not refuse them.

import { isObject, SidelaneError, type Call, type Failed, type Outcome } from '../model/index.ts'
import { LinkedList, type Linked } from '../util/linked-list.ts'
import { openerOfItems, type SourceIterator } from '../util/source-iterator.ts'

/** What the processor provides. */
export interface StreamParts {
  /** Items read ahead of the consumer, at this moment. */
  readonly concurrency: () => number
  readonly signal: AbortSignal | undefined
  /** Why no more calls are accepted; undefined: they are. */
  readonly refusal: () => SidelaneError | undefined
  /** A call that has not started, and the function that starts it. */
  readonly start: (
    payload: unknown,
    resolve: (outcome: Outcome) => void,
    reject: (error: SidelaneError) => void,
  ) => { readonly call: Call; readonly run: () => void }
  /** Calls the listener when the processor or its host closes; returns a function that removes it. */
  readonly onLeave: (listener: () => void) => () => void
}

type Source = SourceIterator<unknown>
type Item = Outcome | Failed
type Result = IteratorResult<Item, undefined>

/** One item between the source and the consumer. */
interface Entry extends Linked<Entry> {
  item: Item | undefined
  call: Call | undefined
}

interface Waiter {
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** An inline processor never waits for the event loop: the stream yields to it at least this often. */
const longestTurnMs = 10

export class OrderedStream implements AsyncIterableIterator<Item, undefined, undefined> {
  readonly #parts: StreamParts
  readonly #open: () => Source
  #source: Source | undefined
  /** Read and not given out. */
  #entries = new LinkedList<Entry>()
  readonly #waiters: Waiter[] = []
  /** `next` of the source was called, or will be after a yield. */
  #reading = false
  /** `next` of the source was called and has not resolved. */
  #asked = false
  /** No more items are read. */
  #ended = false
  /** What the iterator rejects with after the last item. */
  #failure: { readonly error: unknown } | undefined
  #turnEndsAt = Number.POSITIVE_INFINITY
  #removeListeners: (() => void) | undefined

  constructor(open: () => Source, parts: StreamParts) {
    this.#open = open
    this.#parts = parts
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Result> {
    if (this.#source === undefined && !this.#ended) this.#begin()
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject })
      this.#give()
      this.#read()
    })
  }

  /**
   * The consumer leaves the loop: no more items are read, and calls in flight are cancelled. `reason` is for the source, as
   * that of a cancelled stream of the Web.
   */
  async return(reason?: unknown): Promise<Result> {
    const answers = !this.#asked
    const closed = this.#drop(new SidelaneError('cancelled', { message: 'The stream was left.' }), reason)
    this.#failure = undefined
    this.#give()
    // A source with a pending `next` may never resolve it.
    if (answers) await closed
    return { done: true, value: undefined }
  }

  async throw(error?: unknown): Promise<Result> {
    await this.return()
    throw error
  }

  #begin(): void {
    const { signal, onLeave } = this.#parts
    if (signal?.aborted === true) return this.#cancel()
    try {
      this.#source = this.#open()
    } catch (error) {
      return this.#stopReading({ error })
    }
    signal?.addEventListener('abort', this.#cancel)
    const removeLeave = onLeave(this.#leave)
    this.#removeListeners = () => {
      signal?.removeEventListener('abort', this.#cancel)
      removeLeave()
    }
    this.#turnEndsAt = performance.now() + longestTurnMs
  }

  #read(): void {
    if (this.#reading) return
    this.#reading = true
    while (!this.#ended && this.#entries.size < this.#parts.concurrency()) {
      if (performance.now() > this.#turnEndsAt) {
        nextTurn(this.#readOn)
        return
      }
      try {
        const answer: unknown = (this.#source as Source).next()
        if (isObject(answer) && 'then' in answer) {
          const answered = Promise.resolve(answer)
          this.#asked = true
          void answered.then(this.#answered, this.#broken)
          return
        }
        this.#take(answer)
      } catch (error) {
        this.#broken(error)
      }
    }
    this.#reading = false
  }

  readonly #readOn = (): void => {
    this.#turnEndsAt = performance.now() + longestTurnMs
    this.#reading = false
    this.#read()
  }

  readonly #answered = (answer: unknown): void => {
    this.#asked = false
    this.#reading = false
    try {
      this.#take(answer)
    } catch (error) {
      return this.#broken(error)
    }
    this.#read()
  }

  readonly #broken = (error: unknown): void => {
    this.#asked = false
    this.#reading = false
    if (!this.#ended) this.#stopReading({ error })
  }

  /** Throws what is wrong with the result, which is code of the app: also its properties may throw. */
  #take(answer: unknown): void {
    if (this.#ended) return
    if (typeof answer !== 'object' || answer === null) {
      const got = answer === null ? 'null' : typeof answer
      throw new TypeError(`Expected an object from next() of the source, got ${got}`)
    }
    const { done, value } = answer as Partial<IteratorResult<unknown>>
    if (done === true) return this.#stopReading(undefined)
    const refusal = this.#parts.refusal()
    if (refusal !== undefined) return this.#leave()
    const isFault = value instanceof SidelaneError
    const entry: Entry = { item: undefined, call: undefined, next: undefined, previous: undefined }
    this.#entries.push(entry)
    if (isFault) return this.#settle(entry, failed(value))
    const { call, run } = this.#parts.start(
      value,
      (outcome) => this.#settle(entry, outcome),
      (error) => this.#settle(entry, failed(error)),
    )
    entry.call = call
    run()
  }

  #settle(entry: Entry, item: Item): void {
    entry.item = item
    entry.call = undefined
    if (entry === this.#entries.first && this.#waiters.length > 0) {
      this.#give()
      this.#read()
    }
  }

  /** Gives out the items that are ready, in order. */
  #give(): void {
    while (this.#waiters.length > 0) {
      const item = this.#entries.first?.item
      if (item !== undefined) {
        this.#entries.shift()
        this.#waiters.shift()?.resolve({ done: false, value: item })
      } else if (this.#ended && this.#entries.size === 0) {
        const waiter = this.#waiters.shift()
        const failure = this.#failure
        this.#failure = undefined
        this.#stopListening()
        if (failure === undefined) waiter?.resolve({ done: true, value: undefined })
        else waiter?.reject(failure.error)
      } else {
        return
      }
    }
  }

  #stopListening(): void {
    this.#removeListeners?.()
    this.#removeListeners = undefined
  }

  /** The items that were read are still given out, then the failure, if any. */
  #stopReading(failure: { readonly error: unknown } | undefined): void {
    this.#ended = true
    this.#failure = failure
    this.#give()
  }

  /** The processor or its host closes. */
  readonly #leave = (): void => {
    if (this.#ended) return
    const error = this.#parts.refusal() ?? new SidelaneError('unavailable')
    this.#stopReading({ error })
    void this.#closeSource(error)
  }

  readonly #cancel = (): void => {
    const error = new SidelaneError('cancelled', { cause: this.#parts.signal?.reason as unknown })
    void this.#drop(error)
    this.#failure = { error }
    this.#give()
  }

  /** Drops all items; resolves when the source has closed. */
  async #drop(error: SidelaneError, reason: unknown = error): Promise<void> {
    const entries = this.#entries
    const wasEnded = this.#ended
    this.#ended = true
    this.#failure = undefined
    this.#entries = new LinkedList()
    this.#stopListening()
    for (const { call } of entries) call?.fail(error)
    if (!wasEnded) await this.#closeSource(reason)
  }

  /** A stream of the Web takes `reason`, and tells its writer. */
  async #closeSource(reason: unknown): Promise<void> {
    try {
      this.#source ??= this.#open()
      await this.#source.return?.(reason)
    } catch {
      // A consumer that has left the stream cannot receive it.
    }
  }
}

const nextTurn: (callback: () => void) => void =
  typeof setImmediate === 'function' ? setImmediate : (callback) => void setTimeout(callback, 0)

/** The fault of one item as a value. */
const failed = (error: SidelaneError): Failed => ({ ok: false, code: error.code, status: error.status, error })

/** Opens the iterator of a source. Throws `options.invalid` if the source has none. */
export function openSource(source: unknown): () => Source {
  const open = openerOfItems<unknown>(source)
  if (open !== undefined) return open
  throw new SidelaneError('options.invalid', {
    message: 'Expected `source` to be an iterable or an async iterable of payloads',
  })
}
