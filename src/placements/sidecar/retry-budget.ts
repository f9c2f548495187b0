// How often calls may be sent a second time: a tenth of them, and ten a second in any case. A daemon that dies again and
// again must not get twice the load for it.

const shareOfCalls = 0.1
const perMs = 10 / 1000
/** What a quiet time saves up: ten seconds' worth. */
const most = 100

export class RetryBudget {
  #tokens = most
  #filledAt = performance.now()

  /** For each call. */
  deposit(): void {
    if (this.#tokens < most) this.#tokens += shareOfCalls
  }

  /** True when one more retry is within bounds; it is spent then. */
  spend(): boolean {
    const now = performance.now()
    this.#tokens = Math.min(most, this.#tokens + (now - this.#filledAt) * perMs)
    this.#filledAt = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
