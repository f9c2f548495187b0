// The header of a response, by the outcome behind it.
import { expect, test } from 'vitest'
import { encodeFault, encodeOutcome, rejected, SidelaneError, type Accepted } from '../../src/model/index.ts'
import { FrameHeader, headerBytes, isOutcomeOf, kinds, writeResponseHeader } from '../../src/wire/index.ts'

const accepted: Accepted = {
  ok: true,
  body: Uint8Array.of(1, 2, 3),
  codec: 'gzip',
  digest: 'ab'.repeat(32),
  inBytes: 9,
  canonicalBytes: 7,
  outBytes: 3,
}

const frame = (write: (target: Uint8Array, offset: number) => number): { head: FrameHeader; payload: Uint8Array } => {
  const bytes = new Uint8Array(1024)
  const size = write(bytes, 40 + headerBytes)
  writeResponseHeader(bytes, 40, size, 77, 12, 34)
  const head = new FrameHeader()
  head.read(bytes, 40)
  return { head, payload: bytes.slice(40 + headerBytes, 40 + headerBytes + head.length) }
}

test.each([
  ['accepted', kinds.accepted, 0, (target: Uint8Array, at: number) => encodeOutcome(accepted, target, at)],
  [
    'rejected',
    kinds.rejected,
    30,
    (target: Uint8Array, at: number) => encodeOutcome(rejected('validate.failed', [], false), target, at),
  ],
  ['a fault', kinds.error, 60, (target: Uint8Array, at: number) => encodeFault(overloaded, target, at)],
] as const)('an outcome that is %s has the kind and the number of its code', (_, kind, index, write) => {
  const { head, payload } = frame(write)
  expect({ ...head }).toEqual({ length: payload.length, kind, flags: 0, index, id: 77, a: 12, b: 34 })
  expect(isOutcomeOf(kind, payload)).toBe(true)
})

const overloaded = new SidelaneError('overloaded', { retryAfterMs: 25 })

test('a fault keeps retryAfterMs', () => {
  const { payload } = frame((target, at) => encodeFault(overloaded, target, at))
  expect(JSON.parse(Buffer.from(payload.subarray(8)).toString())).toMatchObject({
    code: 'overloaded',
    retryAfterMs: 25,
  })
})
