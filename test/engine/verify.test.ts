// verify(): a body against its digest.
import { runInNewContext } from 'node:vm'
import { createProcessor, verify, type Accepted } from 'sidelane'
import { describe, expect, test } from 'vitest'
import { contractOf } from '../support/locks.ts'

const key = new Uint8Array(32).fill(5)

async function outcomeOf(fields: Record<string, unknown>, digestKey?: Uint8Array): Promise<Accepted> {
  await using processor = await createProcessor(contractOf({}, fields), {
    engine: 'js',
    ...(digestKey !== undefined && { digestKey }),
  })
  const outcome = await processor.process('{"b":[1,2,3],"a":"ü"}')
  if (!outcome.ok) throw new Error('rejected')
  return outcome
}

describe.each(['gzip', 'deflate', 'deflate-raw', 'none', 'brotli'])('%s', (codec) => {
  test('a body matches its digest until a bit of it changes', async () => {
    const outcome = await outcomeOf({ compress: { codec } })
    expect(verify(outcome)).toBe(true)
    for (let i = 0; i < outcome.body.length; i++) {
      const body = outcome.body.slice()
      body[i] = (body[i] as number) ^ 1
      let result: unknown
      try {
        result = verify({ ...outcome, body })
      } catch (error) {
        result = error
      }
      // The text flag, time and OS byte of a header do not affect the content.
      if (codec !== 'gzip' || i < 3 || i > 9) expect(result, `byte ${i}`).not.toBe(true)
    }
    expect(verify({ ...outcome, body: outcome.body.slice(0, -1) })).toBe(false)
  })
})

test('bodies and keys may be bytes of another realm, as in test runners', async () => {
  const elsewhere = (bytes: Uint8Array): Uint8Array =>
    runInNewContext('Uint8Array.from(bytes)', { bytes: [...bytes] }) as Uint8Array
  const outcome = await outcomeOf({ digest: 'hmac-sha-256' }, elsewhere(key))
  expect(outcome.digest).toBe((await outcomeOf({ digest: 'hmac-sha-256' }, key)).digest)
  expect(verify({ ...outcome, body: elsewhere(outcome.body) }, elsewhere(key))).toBe(true)
  expect(verify({ ...outcome, body: elsewhere(outcome.body) }, elsewhere(key.with(0, 1)))).toBe(false)
})

test('with a key it is an HMAC, and every other key fails', async () => {
  const outcome = await outcomeOf({ digest: 'hmac-sha-256' }, key)
  expect(verify(outcome, key)).toBe(true)
  expect(verify(outcome, new Uint8Array(32))).toBe(false)
  expect(verify(outcome)).toBe(false)
  expect(verify(await outcomeOf({}), key)).toBe(false)
})

test('a missing or malformed digest never matches', async () => {
  const outcome = await outcomeOf({ digest: 'none' })
  expect(verify(outcome)).toBe(false)
  const { body, codec } = outcome
  for (const digest of ['', 'x', 'é'.repeat(64), 'A'.repeat(64), undefined as never]) {
    expect(verify({ body, codec, digest })).toBe(false)
  }
})

test('a short key and a bomb throw', async () => {
  const outcome = await outcomeOf({})
  expect(() => verify(outcome, new Uint8Array(15))).toThrow(expect.objectContaining({ code: 'options.invalid' }))
  expect(() => verify(outcome, undefined, { maxBytes: 3 })).toThrow(expect.objectContaining({ code: 'limit.output' }))
})
