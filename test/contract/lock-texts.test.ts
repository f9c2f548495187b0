// Messages about a lock: both engines have the same, they speak of a lock and never of a payload, and of the file they hold
// no more than a pointer.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseLock } from '../../src/contract/index.ts'
import { loadBinding } from '../../src/engine/native/binding.ts'
import type { SidelaneError } from '../../src/model/index.ts'
import { needEngine } from '../support/need.ts'

interface Vector {
  readonly description: string
  readonly lock?: unknown
}

const vectors = ['fields', 'normal-form', 'refused'].flatMap(
  (name) => JSON.parse(readFileSync(new URL(`../vectors/lock/${name}.json`, import.meta.url), 'utf8')) as Vector[],
)

const secret = 'planted-4711'
const locks: readonly (readonly [what: string, text: string])[] = [
  ...vectors.flatMap(({ description, lock }) =>
    // Those without are made of parts, by lock.test.ts.
    lock === undefined ? [] : [[description, typeof lock === 'string' ? lock : JSON.stringify(lock)] as const],
  ),
  ['nothing', ''],
  ['a byte order mark', '\ufeff{}'],
  ['a list', '[]'],
  ['no JSON', `root:x:0:0:${secret}`],
  ['an open string', `{"profile":"${secret}`],
  ['a lone surrogate', '{"profile":"\\ud800"}'],
  ['a number out of range', '{"profile":1e999}'],
  ['a key twice', '{"profile":"p1","profile":"p1"}'],
  ['__proto__', '{"__proto__":1}'],
  ['depth', '['.repeat(200) + ']'.repeat(200)],
  ['2 MiB', JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'a', schema: { const: secret.repeat(200_000) } })],
  ['17 MB', JSON.stringify(secret.repeat(1_500_000))],
]

function messageOf(text: string): string | undefined {
  try {
    parseLock(text)
    return undefined
  } catch (error) {
    const { message, pointer } = error as SidelaneError
    const place = ` (at ${pointer || 'the lock itself'})`
    expect(message.endsWith(place)).toBe(true)
    return message.slice(0, -place.length)
  }
}

test('both engines have the same words', (context) => {
  needEngine('native', context)
  const loaded = loadBinding()
  if ('error' in loaded) throw loaded.error
  const none = new Uint8Array(0)
  const differing: unknown[] = []
  for (const [what, text] of locks) {
    const message = messageOf(text)
    if (message === undefined) continue
    const answer = JSON.parse(loaded.binding.addContract(Buffer.from(text), none, none)) as { message?: string }
    if (answer.message !== message) differing.push({ what, js: message, native: answer.message })
  }
  expect(differing).toEqual([])
})

test('they speak of a lock, and quote nothing', () => {
  for (const [what, text] of locks) {
    const message = messageOf(text) ?? ''
    expect(message, what).not.toMatch(/payload/i)
    expect(message, what).not.toContain(secret)
    expect(message.length, what).toBeLessThan(1000)
  }
})
