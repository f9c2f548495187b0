// Times in fixed buckets. Adding one allocates nothing.

export class Histogram {
  /** Upper bounds, ascending, in µs. */
  readonly boundsUs: readonly number[]
  /** By bucket; the last one takes what is above all bounds. */
  readonly counts: Float64Array
  sumUs = 0

  constructor(boundsUs: readonly number[]) {
    this.boundsUs = boundsUs
    this.counts = new Float64Array(boundsUs.length + 1)
  }

  add(us: number): void {
    const { boundsUs, counts } = this
    let at = 0
    while (at < boundsUs.length && us > (boundsUs[at] as number)) at++
    counts[at] = (counts[at] as number) + 1
    this.sumUs += us
  }
}
