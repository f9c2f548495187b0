// Orders of about 1 KB in any number, all distinct: copies of some hundred made ones, each with an id of its own. One in twenty is
// invalid.

import { makeOrders } from '../payloads/orders.ts'

const made = 400
const marker = /"id": ?"[0-9a-f]{8}/

/** Repeats itself after 4 billion. */
export function* orderSource(count: number, seed: number, meanBytes = 1024): Generator<Uint8Array> {
  const valid = makeOrders({ count: made, seed, meanBytes })
  const invalid = makeOrders({ count: made / 20, seed: seed + 1, meanBytes, invalid: true })
  const texts = [...valid.slice(0, -invalid.length), ...invalid]
    .map((bytes) => Buffer.from(bytes).toString('utf8'))
    .filter((text) => marker.test(text))
  for (let index = 0; index < count; index++) {
    const text = texts[index % texts.length] as string
    const id = (index + 1).toString(16).padStart(8, '0')
    yield Buffer.from(text.replace(marker, (found) => found.slice(0, -8) + id))
  }
}
