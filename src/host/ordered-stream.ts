// Payloads from a source, outcomes in the same order: reads ahead only as far as its concurrency allows. How a call gets
// to its outcome is not here; that it waits instead of being refused is admission's part.

import { SidelaneError, type Call, type Failed, type Outcome } from '../model/index.ts'

/** What the processor gives. */
export interface StreamParts {
  /** undefined: as many as keep the placement busy, asked anew each time. */
  readonly concurrency: () => number
  readonly signal: AbortSignal | undefined
  /** Why no call is taken any more. */
  readonly refusal: () => SidelaneError | undefined
  /** A call that has not begun, and what begins it. */
  readonly start: (
    payload: unknown,
    resolve: (outcome: Outcome) => void,
    reject: (error: SidelaneError) => void,
  ) => { readonly call: Call; readonly run: () => void }
  /** Tells when the processor or its host closes; gives back how to stop listening. */
  readonly onLeave: (listener: () => void) => () => void
}

type Source = Iterator<unknown> | AsyncIterator<unknown>
type Item = Outcome | Failed
type Result = IteratorResult<Item, undefined>

/** One item between the source and the consumer. */
interface Entry {
  item: Item | undefined
  call: Call | undefined
  next: Entry | undefined
}

interface Waiter {
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** An inline processor answers without the event loop: it gets a turn at least this often. */
const longestTurnMs = 10

export class OrderedStream implements AsyncIterableIterator<Item, undefined, undefined> {
  readonly #parts: StreamParts
  readonly #open: () => Source
  #source: Source | undefined
  #first: Entry | undefined
  #last: Entry | undefined
  /** Read and not given out. */
  #held = 0
  readonly #waiters: Waiter[] = []
  /** The source is asked, or about to be. */
  #reading = false
  /** The source is asked and has not answered. */
  #asked = false
  /** Nothing more is read. */
  #ended = false
  /** What the iterator rejects with after the last item. */
  #failure: { readonly error: unknown } | undefined
  #turnEndsAt = Number.POSITIVE_INFINITY
  #unfollow: (() => void) | undefined

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

  /** The consumer has had enough: nothing more is read, what is in flight is dropped. */
  async return(): Promise<Result> {
    const answers = !this.#asked
    const closed = this.#drop(new SidelaneError('cancelled', { message: 'The stream was left.' }))
    this.#failure = undefined
    this.#give()
    // A source that still owes an item may owe it for ever.
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
    const unfollow = onLeave(this.#leave)
    this.#unfollow = () => {
      signal?.removeEventListener('abort', this.#cancel)
      unfollow()
    }
    this.#turnEndsAt = performance.now() + longestTurnMs
  }

  #read(): void {
    if (this.#reading) return
    this.#reading = true
    while (!this.#ended && this.#held < this.#parts.concurrency()) {
      if (performance.now() > this.#turnEndsAt) {
        nextTurn(this.#readOn)
        return
      }
      let answer: IteratorResult<unknown> | Promise<IteratorResult<unknown>>
      try {
        answer = (this.#source as Source).next()
      } catch (error) {
        this.#stopReading({ error })
        break
      }
      if (answer instanceof Promise || 'then' in answer) {
        this.#asked = true
        void Promise.resolve(answer).then(this.#answered, this.#broken)
        return
      }
      this.#take(answer)
    }
    this.#reading = false
  }

  readonly #readOn = (): void => {
    this.#turnEndsAt = performance.now() + longestTurnMs
    this.#reading = false
    this.#read()
  }

  readonly #answered = (answer: IteratorResult<unknown>): void => {
    this.#asked = false
    this.#reading = false
    if (this.#ended) return
    this.#take(answer)
    this.#read()
  }

  readonly #broken = (error: unknown): void => {
    this.#asked = false
    this.#reading = false
    if (!this.#ended) this.#stopReading({ error })
  }

  #take({ done, value }: IteratorResult<unknown>): void {
    if (done === true) return this.#stopReading(undefined)
    const refusal = this.#parts.refusal()
    if (refusal !== undefined) return this.#leave()
    const entry: Entry = { item: undefined, call: undefined, next: undefined }
    if (this.#last === undefined) this.#first = entry
    else this.#last.next = entry
    this.#last = entry
    this.#held++
    if (value instanceof SidelaneError) return this.#settle(entry, failed(value))
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
    if (entry === this.#first && this.#waiters.length > 0) {
      this.#give()
      this.#read()
    }
  }

  /** Gives out what is ready, in order. */
  #give(): void {
    while (this.#waiters.length > 0) {
      const item = this.#first?.item
      if (item !== undefined) {
        this.#shift()
        this.#waiters.shift()?.resolve({ done: false, value: item })
      } else if (this.#ended && this.#first === undefined) {
        const waiter = this.#waiters.shift()
        const failure = this.#failure
        this.#failure = undefined
        this.#unfollow?.()
        this.#unfollow = undefined
        if (failure === undefined) waiter?.resolve({ done: true, value: undefined })
        else waiter?.reject(failure.error)
      } else {
        return
      }
    }
  }

  #shift(): void {
    this.#first = this.#first?.next
    if (this.#first === undefined) this.#last = undefined
    this.#held--
  }

  /** What was read still comes out, then the failure, if any. */
  #stopReading(failure: { readonly error: unknown } | undefined): void {
    this.#ended = true
    this.#failure = failure
    this.#give()
  }

  /** The processor takes nothing any more. */
  readonly #leave = (): void => {
    if (this.#ended) return
    const error = this.#parts.refusal() ?? new SidelaneError('unavailable')
    this.#stopReading({ error })
    void this.#closeSource()
  }

  readonly #cancel = (): void => {
    const error = new SidelaneError('cancelled', { cause: this.#parts.signal?.reason as unknown })
    void this.#drop(error)
    this.#failure = { error }
    this.#give()
  }

  /** Forgets everything; the promise is the source's own end. */
  async #drop(error: SidelaneError): Promise<void> {
    const first = this.#first
    const wasEnded = this.#ended
    this.#ended = true
    this.#failure = undefined
    this.#first = this.#last = undefined
    this.#held = 0
    this.#unfollow?.()
    this.#unfollow = undefined
    for (let entry = first; entry !== undefined; entry = entry.next) entry.call?.fail(error)
    if (!wasEnded) await this.#closeSource()
  }

  async #closeSource(): Promise<void> {
    try {
      await this.#source?.return?.()
    } catch {
      // Who ends a stream has no use for it.
    }
  }
}

const nextTurn: (callback: () => void) => void =
  typeof setImmediate === 'function' ? setImmediate : (callback) => void setTimeout(callback, 0)

/** The fault of one item as a value. */
const failed = (error: SidelaneError): Failed => ({ ok: false, code: error.code, status: error.status, error })

/** The iterator of a source; throws `options.invalid` for what is none. */
export function openerOf(source: unknown): () => Source {
  const { [Symbol.asyncIterator]: openAsync, [Symbol.iterator]: open } = (source ?? {}) as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >
  // A text or bytes would be taken apart into characters or numbers.
  const isPayload = typeof source === 'string' || ArrayBuffer.isView(source)
  if (!isPayload && typeof openAsync === 'function') return () => openAsync.call(source)
  if (!isPayload && typeof open === 'function') return () => open.call(source)
  throw new SidelaneError('options.invalid', {
    message: 'Expected `source` to be an iterable or an async iterable of payloads',
  })
}
