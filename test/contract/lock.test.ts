// parseLock against the lock vectors (test/vectors/lock), which the native engine is tested with too.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { SidelaneError } from '../../src/model/index.ts'
import { normalForm, parseContract, parseLock } from '../../src/contract/index.ts'

interface Vector {
  description: string
  lock?: string | object
  /** The lock's text in pieces, each with its number of repetitions. */
  lockParts?: [text: string, times: number][]
  expect: { normalForm: string; id: string } | { code: string; pointer: string }
}

const vectors = (name: string): Vector[] =>
  JSON.parse(readFileSync(new URL(`../vectors/lock/${name}.json`, import.meta.url), 'utf8'))

function textOf({ lock, lockParts = [] }: Vector): string {
  if (lock === undefined) return lockParts.map(([text, times]) => text.repeat(times)).join('')
  return typeof lock === 'string' ? lock : JSON.stringify(lock)
}

function outcome(text: string): Vector['expect'] {
  try {
    const contract = parseLock(text)
    return { normalForm: normalForm(contract.profile), id: contract.id }
  } catch (error) {
    if (!(error instanceof SidelaneError)) throw error
    return { code: error.code, pointer: error.pointer as string }
  }
}

describe.each(['fields', 'normal-form', 'refused'])('lock vectors: %s', (name) => {
  test.each(vectors(name))('$description', (vector) => {
    expect(outcome(textOf(vector))).toEqual(vector.expect)
  })
})

test('a document that contains itself is refused', () => {
  const lock: Record<string, unknown> = { profile: 'p1' }
  lock['schema'] = { items: lock }
  expect(() => parseContract(lock as never)).toThrow(
    expect.objectContaining({ code: 'contract.invalid', pointer: '', message: expect.stringContaining('itself') }),
  )
})
