// The value of `.default()` and `.prefault()`, which may be a function: it becomes part of the lock, so it must give the
// same JSON value whenever it is read.

import { stringifyWithBigints } from '../../json/index.ts'
import { jsonData, type JsonData } from './json-data.ts'

export type FrozenValue =
  | { readonly value: JsonData | undefined }
  /** Why it cannot become part of a lock. */
  | { readonly problem: string }

const day = 86_400_000

/** Moments of the reads, in ms from now: the same day, the next, and a day of another year, month and week day. */
const offsets = [0, day, 400 * day]

/** The value that `read` gives at each of these moments; undefined when it gives undefined. */
export function frozenValue(read: () => unknown): FrozenValue {
  const texts = new Set<string | undefined>()
  let value: JsonData | undefined
  for (const offset of offsets) {
    let found: unknown
    try {
      found = withClock(offset, read)
    } catch (error) {
      return { problem: `throws (${error instanceof Error ? error.message : String(error)})` }
    }
    value = jsonData(found)
    if (found !== undefined && value === undefined) return { problem: 'is not a value of JSON' }
    const text = value === undefined ? undefined : stringifyWithBigints(value)
    texts.add(text)
    // A function that holds the clock itself (`Date.now`, a class taken from Date) shows it by the next millisecond only.
    if (text !== undefined && /\d{10}|\d-\d\dT\d/.test(text)) awaitTick()
  }
  return texts.size === 1 ? { value } : { problem: 'differs each time it is read' }
}

function awaitTick(): void {
  const start = Date.now()
  // A clock that a test holds still never ticks.
  for (let i = 0; i < 1_000_000 && Date.now() === start; i++);
}

/** Runs `read` as if it were `offset` ms later. */
function withClock<T>(offset: number, read: () => T): T {
  if (offset === 0) return read()
  const { Date: realDate } = globalThis
  const realNow = realDate.now
  const now = (): number => realNow() + offset
  const shifted = new Proxy(realDate, {
    construct: (target, args: unknown[], newTarget: () => void) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    apply: () => new realDate(now()).toString(),
  })
  try {
    realDate.now = now
    globalThis.Date = shifted
    return read()
  } finally {
    globalThis.Date = realDate
    realDate.now = realNow
  }
}
