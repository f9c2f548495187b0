// What a daemon can send that breaks the protocol (WIRE.md), by the reason that the client gives.
import { errorTable, SidelaneError, type Contract, type ErrorCode } from '../../src/model/index.ts'
import { createEngine } from '../../src/engine/index.ts'
import { encodeServerHello, kinds } from '../../src/wire/index.ts'
import { contractOf } from '../support/locks.ts'
import type { Request } from '../placements/fake-daemon.ts'

const schema = { type: 'object', properties: { a: { type: 'integer' }, b: { enum: ['x', 'y'] } }, required: ['a'] }
export const contract: Contract = contractOf(schema, { name: 'order' })
/** Without compression and digest. */
export const plain: Contract = contractOf(schema, { name: 'plain', compress: { codec: 'none' }, digest: 'none' })

export const valid = '{"a":1}'
const invalid = '{"a":"x","b":"z"}'

export const json = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))

/** A text outcome. `json`: its text; `size`: what its head says. */
function textOutcome(kind: 2 | 3, content: unknown, size?: number): Buffer {
  const body = json(content)
  const outcome = Buffer.alloc(8 + body.length)
  outcome[0] = kind
  outcome.writeUInt32LE(size ?? body.length, 4)
  body.copy(outcome, 8)
  return outcome
}

const engine = createEngine('js')

/** The right outcome for the payload, as the bytes of an answer. */
export function outcomeOf(payload: string, canonical = false, of = contract): Buffer {
  const bytes = new Uint8Array(64 * 1024)
  const compiled = engine.compile(of)
  const size = compiled.processInto(Buffer.from(payload), canonical, bytes, 0)
  compiled.dispose()
  return Buffer.from(bytes.subarray(0, size))
}

/** Answers the request. */
export type Act = (request: Request) => void

const wire = (code: ErrorCode): number => errorTable[code].wire
const reply =
  (kind: number, payload: Uint8Array, index = 0): Act =>
  ({ peer, id }) =>
    peer.send(kind, id, payload, { index })

const fault = (content: unknown, index: number = wire('internal.panic')): Act =>
  reply(kinds.error, textOutcome(3, content), index)
const goodFault = { code: 'internal.panic', message: 'The engine failed.' }

const refusal = (content: unknown, index: number = wire('validate.failed')): Act =>
  reply(kinds.rejected, textOutcome(2, content), index)
const issue = { code: 'validate.failed', pointer: '/a', keyword: 'type', params: { expected: ['integer'] } }
const refused = (issues: unknown, more: object = {}): unknown => ({
  code: 'validate.failed',
  issues,
  truncated: false,
  ...more,
})
const refusedWith = (fields: object): Act => refusal(refused([{ ...issue, ...fields }]))

/** An accepted outcome with other bytes at `at`. */
export const accepted =
  (at: number, ...bytes: readonly number[]): Act =>
  ({ peer, id, payload, flags }) => {
    const outcome = outcomeOf(Buffer.from(payload).toString(), flags !== 0)
    outcome.set(bytes, at)
    peer.send(kinds.accepted, id, outcome)
  }

export const u32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255)

const emptyHello = encodeServerHello({
  contracts: [],
  server: 'x',
  engine: 'js',
  limits: { requestBytes: 1 << 21, answerBytes: 1 << 23, inFlight: 256 },
})

function notUtf8(): Buffer {
  const outcome = textOutcome(3, goodFault)
  outcome[outcome.length - 5] = 0xff
  return outcome
}

const pointerOnly = { code: 'parse.syntax', pointer: '' }
function syntax(issues: readonly unknown[]): unknown {
  return { code: 'parse.syntax', issues, truncated: false }
}
const notJson = { code: 'value.not_json', issues: [{ code: 'value.not_json', pointer: '' }], truncated: false }

/** By the reason of the error `unavailable`. */
export const violations: Readonly<Record<string, readonly (readonly [what: string, act: Act])[]>> = {
  'violation.frame': [
    ['an unknown kind', ({ peer }) => peer.send(77, 0)],
    ['kind 0', ({ peer }) => peer.send(0, 0)],
    ["a REQUEST, a kind of the client's", ({ peer, id }) => peer.send(kinds.request, id, json('1'))],
    ['a CANCEL', ({ peer, id }) => peer.send(kinds.cancel, id)],
    ['an unknown flag', ({ peer, id }) => peer.send(kinds.accepted, id, outcomeOf(valid), { flags: 1 })],
    ['an id beyond 2^53 - 1', ({ peer }) => peer.send(kinds.accepted, 2 ** 53, outcomeOf(valid))],
    ['a GOAWAY with a payload', ({ peer }) => peer.send(kinds.goaway, 0, json('x'))],
    ['a PING of 65 bytes', ({ peer }) => peer.send(kinds.ping, 0, Buffer.alloc(65))],
    ['a HELLO beyond 65,536 bytes', ({ peer }) => peer.send(kinds.hello, 0, undefined, { length: 65_537 })],
    ['bytes that are no frames', ({ peer }) => peer.socket.write(Buffer.alloc(1000, 0xff))],
  ],
  'violation.length': [
    ['an ACCEPTED of 4 GiB', ({ peer, id }) => peer.send(kinds.accepted, id, undefined, { length: 0xffff_ffff })],
    [
      'an ACCEPTED longer than the contract admits, within LIMITS',
      ({ peer, id }) => peer.send(kinds.accepted, id, undefined, { length: 3 << 20 }),
    ],
    [
      'a REJECTED longer than the contract admits',
      ({ peer, id }) => peer.send(kinds.rejected, id, undefined, { length: 5 << 20 }),
    ],
    ['an ERROR of 1 MB', ({ peer, id }) => peer.send(kinds.error, id, undefined, { length: 1 << 20 })],
    ['an ERROR without id, of 1 MB', ({ peer }) => peer.send(kinds.error, 0, undefined, { length: 1 << 20 })],
  ],
  'violation.hello': [
    ['a HELLO that the client did not ask for', ({ peer }) => peer.send(kinds.hello, 0, emptyHello)],
    ['a HELLO with another id', ({ peer }) => peer.send(kinds.hello, 9, emptyHello)],
    ['a HELLO without fields', ({ peer }) => peer.send(kinds.hello, 0)],
  ],
  'violation.answer': [
    ['an answer to a request that was not sent', ({ peer }) => peer.send(kinds.accepted, 999, outcomeOf(valid))],
    ['an ACCEPTED without id', ({ peer }) => peer.send(kinds.accepted, 0, outcomeOf(valid))],
    ['a REJECTED without id', ({ peer }) => peer.send(kinds.rejected, 0, outcomeOf(invalid))],
    ['a PONG without PING', ({ peer }) => peer.send(kinds.pong, 0)],
  ],
  'violation.outcome': [
    ['no outcome', reply(kinds.accepted, Buffer.alloc(0))],
    ['an outcome of another kind', reply(kinds.accepted, outcomeOf(invalid))],
    ['an accepted outcome as REJECTED', reply(kinds.rejected, outcomeOf(valid))],
    ['a rejected outcome as ERROR', reply(kinds.error, outcomeOf(invalid), wire('validate.failed'))],
    ['an outcome shorter than its frame', reply(kinds.accepted, Buffer.concat([outcomeOf(valid), Buffer.alloc(1)]))],
    ['a body that ends outside of the frame', accepted(12, ...u32(0xffff_fff0))],
    ['a digest missing', accepted(1, 0)],
    ['canonical bytes that the client did not ask for', reply(kinds.accepted, outcomeOf(valid, true))],
    ['unknown flags', accepted(1, 0x81)],
    ['another size of the payload', accepted(4, ...u32(8))],
    ['a canonical form of no bytes', accepted(8, ...u32(0))],
    ['a canonical form beyond maxBytes', accepted(8, ...u32(0xffff_ffff))],
    ['a text that is not JSON', fault('{')],
    ['a text that is not UTF-8', reply(kinds.error, textOutcome(3, '').fill(0xff, 8), wire('internal.panic'))],
    ['bytes that are not UTF-8 in a text', reply(kinds.error, notUtf8(), wire('internal.panic'))],
    ['null', fault('null')],
    ['a list', fault([goodFault])],
    ['a string', refusal('"validate.failed"')],
    ['a message that is no text', fault({ ...goodFault, message: 7 })],
    ['no message', fault({ code: 'internal.panic' })],
    ['a message with a lone surrogate', fault('{"code":"internal.panic","message":"\\ud800"}')],
    ['a message of 60,000 characters', fault({ ...goodFault, message: 'x'.repeat(60_000) })],
    ['params with an object', fault({ ...goodFault, params: { where: {} } })],
    ['params that are a list', fault({ ...goodFault, params: ['queue'] })],
    ['retryAfterMs of 0', fault({ code: 'overloaded', message: '', retryAfterMs: 0 }, wire('overloaded'))],
    ['retryAfterMs of 10^9', fault({ code: 'overloaded', message: '', retryAfterMs: 1e9 }, wire('overloaded'))],
    ['retryAfterMs as text', fault({ code: 'overloaded', message: '', retryAfterMs: '1' }, wire('overloaded'))],
    ['no issues', refusal({ code: 'validate.failed', truncated: false })],
    ['issues that are an object', refusal(refused({ length: 1, 0: issue }))],
    ['an empty list of issues', refusal(refused([]))],
    ['33 issues', refusal(refused(Array.from({ length: 33 }, () => issue)))],
    ['truncated, with one issue', refusal(refused([issue], { truncated: true }))],
    ['truncated that is no boolean', refusal(refused([issue], { truncated: 0 }))],
    ['two issues of a syntax error', refusal(syntax([pointerOnly, pointerOnly]), wire('parse.syntax'))],
    ['an issue that is null', refusal(refused([null]))],
    ['an issue of another code', refusedWith({ code: 'parse.syntax' })],
    ['an issue with a code of the prototype', refusedWith({ code: 'constructor' })],
    ['an issue without keyword', refusedWith({ keyword: undefined })],
    ['a keyword of the prototype', refusedWith({ keyword: 'constructor' })],
    ['a keyword that is a list', refusedWith({ keyword: ['type'] })],
    ['a pointer that is a number', refusedWith({ pointer: 1 })],
    ['a pointer without slash', refusedWith({ pointer: 'a' })],
    ['a pointer with a bare tilde', refusedWith({ pointer: '/~2' })],
    ['a pointer with a lone surrogate', refusal(JSON.stringify(refused([{ ...issue, pointer: '/\ud800' }])))],
    ['a pointer of 100,000 characters', refusedWith({ pointer: `/${'a'.repeat(100_000)}` })],
    ['params that are null', refusedWith({ params: null })],
    ['a limit that is an object', refusedWith({ params: { limit: {} } })],
    ['expected that is a text', refusedWith({ params: { expected: 'integer' } })],
    ['expected with an object', refusedWith({ params: { expected: [{}] } })],
    ...[
      undefined,
      {},
      { offset: '0', line: 1, column: 1, expected: 'value' },
      { offset: -1, line: 1, column: 1, expected: 'value' },
      { offset: 0.5, line: 1, column: 1, expected: 'value' },
      { offset: 0, line: 1, column: null, expected: 'value' },
      { offset: 0, line: 1, column: 1 },
      { offset: 0, line: 1, column: 1, expected: 'constructor' },
      { offset: 0, line: 1, column: 1, expected: ['value'] },
      { offset: 0, line: 1, column: 1, limit: 1, expected: 'value' },
    ].map((params): readonly [string, Act] => {
      const text = syntax([{ ...pointerOnly, params }])
      return [`a syntax error with the params ${JSON.stringify(params)}`, refusal(text, wire('parse.syntax'))]
    }),
    ['a syntax error without issue', refusal(syntax([]), wire('parse.syntax'))],
  ],
  'violation.code': [
    ['no code', fault({ message: '' })],
    ['an unknown code', fault({ code: 'new.code', message: '' })],
    ['a code of the prototype as fault', fault({ code: 'constructor', message: '' })],
    ['a code of the prototype as outcome', refusal({ code: 'constructor', issues: [], truncated: false })],
    ['__proto__ as outcome', refusal('{"code":"__proto__","issues":[],"truncated":false}')],
    ['a code that is a list', refusal({ code: ['validate.failed'], issues: [issue], truncated: false })],
    ['a fault as outcome', refusal({ ...goodFault, issues: [], truncated: false }, wire('internal.panic'))],
    ['a data error as fault', fault({ code: 'validate.failed', message: '' }, wire('validate.failed'))],
    ['a code with the number of another', fault(goodFault, wire('overloaded'))],
    ['an outcome with the number of another', refusal(refused([issue]), wire('parse.syntax'))],
    ['cancelled without a CANCEL', fault({ code: 'cancelled', message: '' }, wire('cancelled'))],
    ['a fault of the creators', fault({ code: 'options.invalid', message: '' }, wire('options.invalid'))],
    ['limit.output, which no contract reaches', fault({ code: 'limit.output', message: '' }, wire('limit.output'))],
    ["a fault of the caller's side", fault({ code: 'app.threw', message: '' }, wire('app.threw'))],
    ["a data error of the caller's side", refusal(notJson, wire('value.not_json'))],
    ['app.failed', refusal({ ...notJson, code: 'app.failed' }, wire('app.failed'))],
    ['an ERROR without id that is no violation', ({ peer }) => peer.fault(0, new SidelaneError('overloaded'))],
  ],
  ended: [['ERROR with id 0', ({ peer }) => peer.fault(0, new SidelaneError('protocol.violation'))]],
}
