// When a daemon stays awake after its last answer: as long as that finds something.
import { expect, test } from 'vitest'
import { Spin } from '../../src/server/busy-poll.ts'

/** Of so many waits, those that looked. */
async function tried(
  limitUs: number,
  waits: number,
  finds: (wait: number, tries: number) => boolean,
): Promise<number[]> {
  let looks = 0
  let found = false
  const spin = new Spin(limitUs, () => {
    looks++
    return found
  })
  const those: number[] = []
  for (let wait = 0; wait < waits; wait++) {
    looks = 0
    found = finds(wait, those.length)
    spin.wait()
    // It is over when a turn of the loop brings no look.
    for (let before = -1; before !== looks;) {
      before = looks
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (looks > 0) those.push(wait)
  }
  return those
}

test('each miss doubles what is left out, and two finds halve it', async () => {
  const those = await tried(200, 450, (wait) => wait > 254)
  const misses = [0, 2, 6, 14, 30, 62, 126, 190, 254]
  const finds = [318, 350, 382, 398, 414, 422, 430, 434, 438, 440, 442, 443, 444, 445, 446, 447, 448, 449]
  expect(those).toEqual([...misses, ...finds])
})

test('what finds every other time is as good as given up', async () => {
  const those = await tried(200, 2000, (_, tries) => tries % 2 === 0)
  expect(those.length).toBeLessThan(100)
})

test('without a limit it never looks', async () => {
  expect(await tried(0, 3, () => true)).toEqual([])
})
