// When a daemon polls after its last response.
import { expect, test } from 'vitest'
import { BusyPoll } from '../../src/server/queue.ts'

/** The waits, of so many, that polled. */
async function tried(
  limitUs: number,
  waits: number,
  finds: (wait: number, tries: number) => boolean,
): Promise<number[]> {
  let polls = 0
  let found = false
  const busyPoll = new BusyPoll(limitUs, () => {
    polls++
    return found
  })
  const those: number[] = []
  for (let wait = 0; wait < waits; wait++) {
    polls = 0
    found = finds(wait, those.length)
    busyPoll.wait()
    // The polling has ended when a turn of the event loop adds no poll.
    for (let before = -1; before !== polls;) {
      before = polls
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (polls > 0) those.push(wait)
  }
  return those
}

test('each miss doubles the number of skipped polls, and two hits halve it', async () => {
  const those = await tried(200, 450, (wait) => wait > 254)
  const misses = [0, 2, 6, 14, 30, 62, 126, 190, 254]
  const finds = [318, 350, 382, 398, 414, 422, 430, 434, 438, 440, 442, 443, 444, 445, 446, 447, 448, 449]
  expect(those).toEqual([...misses, ...finds])
})

test('when every other poll misses, nearly all polls are skipped', async () => {
  const those = await tried(200, 2000, (_, tries) => tries % 2 === 0)
  expect(those.length).toBeLessThan(100)
})

test('with the limit 0 it never polls', async () => {
  expect(await tried(0, 3, () => true)).toEqual([])
})
