// Memory that grows and does not shrink again. A window keeps the least memory in use of its samples, which garbage and
// requests in flight do not change; a leak is suspected when that floor rises in six windows in a row, by more than a rate,
// and the last three rise by half as much as the three before, or more: a warm-up slows down.
//
// native/daemon/src/telemetry/leak.rs is the twin; the series of test/vectors/leak check both.

/** Windows that rise one after the other. */
const risingWindows = 6

/** Samples of a window. */
const samples = 16

/** Growth below this part of the memory in use is not reported. */
const leastShare = 0.05

const hourMs = 3_600_000

export interface LeakWatchOptions {
  /** 0: none is suspected. */
  readonly windowMs: number
  readonly bytesPerHour: number
}

export type LeakChange = { readonly kind: 'suspected'; readonly bytesPerHour: number } | { readonly kind: 'ended' }

/** Times are in milliseconds since any moment. */
export class LeakWatch {
  isSuspected = false
  readonly #options: LeakWatchOptions
  #nextSample = 0
  #windowEnd: number
  /** Least memory of the current window. */
  #floor = Number.POSITIVE_INFINITY
  /** End and floor of the last windows. */
  readonly #windows: { readonly end: number; readonly floor: number }[] = []

  constructor(options: LeakWatchOptions) {
    this.#options = options
    this.#windowEnd = options.windowMs
  }

  /** True when `sample` has to be called. */
  isDue(nowMs: number): boolean {
    return this.#options.windowMs > 0 && nowMs >= this.#nextSample
  }

  /** Takes the memory in use. */
  sample(nowMs: number, bytes: number): LeakChange | undefined {
    const { windowMs } = this.#options
    this.#nextSample = nowMs + windowMs / samples
    this.#floor = Math.min(this.#floor, bytes)
    if (nowMs < this.#windowEnd) return undefined
    this.#windows.push({ end: nowMs, floor: this.#floor })
    if (this.#windows.length > risingWindows + 1) this.#windows.shift()
    this.#windowEnd = nowMs + windowMs
    this.#floor = Number.POSITIVE_INFINITY
    const rate = this.#rate()
    const wasSuspected = this.isSuspected
    this.isSuspected = rate !== undefined
    if (rate !== undefined) return wasSuspected ? undefined : { kind: 'suspected', bytesPerHour: rate }
    return wasSuspected ? { kind: 'ended' } : undefined
  }

  /** Growth in bytes per hour, if it is suspicious. */
  #rate(): number | undefined {
    const windows = this.#windows
    const [first] = windows
    const last = windows.at(-1)
    if (first === undefined || last === undefined || windows.length <= risingWindows) return undefined
    const growth = last.floor - first.floor
    const rises = windows.every(({ floor }, at) => at === 0 || floor > (windows[at - 1]?.floor ?? 0))
    const rate = Math.floor((growth * hourMs) / (last.end - first.end))
    const early = (windows[risingWindows / 2]?.floor ?? 0) - first.floor
    const isSlowing = growth - early < early / 2
    return rises && !isSlowing && growth > first.floor * leastShare && rate > this.#options.bytesPerHour
      ? rate
      : undefined
  }
}
