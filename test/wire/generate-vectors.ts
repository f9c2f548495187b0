// Writes test/vectors/wire: bytes of the framed protocol and their meaning, by the tables of WIRE.md, without the code
// under test. Run by hand with a TypeScript runner; the same file gives the same vectors.
import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { errorTable } from '../../src/model/errors.ts'
import type { SeenFrame as Frame } from './vectors.ts'

const u16 = (value: number): string => hexOf(2, (bytes) => bytes.writeUInt16LE(value))
const u32 = (value: number): string => hexOf(4, (bytes) => bytes.writeUInt32LE(value))
const u64 = (value: bigint): string => hexOf(8, (bytes) => bytes.writeBigUInt64LE(value))
const hexOf = (size: number, write: (bytes: Buffer) => void): string => {
  const bytes = Buffer.alloc(size)
  write(bytes)
  return bytes.toString('hex')
}
const byte = (value: number): string => Buffer.of(value).toString('hex')
const text = (value: string): string => Buffer.from(value).toString('hex')
const field = (type: number, value: string): string => u16(type) + u16(value.length / 2) + value

const frameOf = (kind: number, more: Partial<Frame> = {}): Frame => ({
  kind,
  flags: 0,
  index: 0,
  id: 0,
  a: 0,
  b: 0,
  payload: '',
  ...more,
})
const head = ({ kind, flags, index, id, a, b, payload }: Frame, length = payload.length / 2): string =>
  u32(length) + byte(kind) + byte(flags) + u16(index) + u64(BigInt(id)) + u32(a) + u32(b)
const bytesOf = (frame: Frame): string => head(frame) + frame.payload

const outcome = (kind: number, json: string): string => byte(kind) + '000000' + u32(json.length) + text(json)
const accepted = (flags: number, body: string, canonical: string): string =>
  `01${byte(flags)}0000${u32(11)}${u32(9)}${u32(body.length / 2)}${'ab'.repeat(32)}${body}${canonical}`

const request = (id: number, more: Partial<Frame> = {}): Frame => frameOf(2, { id, a: 0xffff_ffff, ...more })
const hello = frameOf(1, { id: 7, payload: field(2, text('c/1')) })
const caps = { requestCap: 64, answerCap: 128 }
const rejectedText = '{"code":"parse.syntax","issues":[],"truncated":false}'
const faultText = '{"code":"cancelled","message":"The caller cancelled the call."}'
const violationText = '{"code":"protocol.violation","message":"a REQUEST has id 0"}'

const good = (description: string, side: 'server' | 'client', frames: readonly Frame[]): unknown => ({
  description,
  side,
  ...caps,
  bytes: frames.map(bytesOf).join(''),
  frames,
})

/** Valid frames, then an invalid one. */
const broken = (
  description: string,
  side: 'server' | 'client',
  violation: string,
  bytes: string,
  frames: readonly Frame[] = [],
): unknown => ({ description, side, ...caps, bytes: frames.map(bytesOf).join('') + bytes, frames, violation })

const trace = `00${'4b'.repeat(16)}${'f0'.repeat(8)}01`
const long = (size: number): string => '61'.repeat(size)

const frames = [
  good('every kind that a client sends', 'server', [
    hello,
    request(1, { index: 3, payload: text('{"a":1}') }),
    request(2, { flags: 2, a: 250, payload: text('[]') }),
    request(3, { flags: 1, payload: trace + text('1') }),
    request(4, { flags: 3, payload: trace }),
    frameOf(6, { id: 2 }),
    frameOf(7, { id: 99, payload: text('ping') }),
    frameOf(8, { payload: long(64) }),
  ]),
  good('every kind that a server sends', 'client', [
    frameOf(1, { id: 7, payload: field(18, text('s/1')) }),
    frameOf(3, { id: 1, a: 12, b: 34, payload: accepted(1, 'c0ffee', '') }),
    frameOf(3, { id: 2, a: 0xffff_ffff, b: 0x8000_0000, payload: accepted(3, 'c0', text('{"a":1.5}')) }),
    frameOf(4, { id: 3, index: 12, payload: outcome(2, rejectedText) }),
    frameOf(5, { id: 4, index: 63, payload: outcome(3, faultText) }),
    frameOf(7, { id: 5 }),
    frameOf(8, { id: 6, payload: text('pong') }),
    frameOf(9),
    frameOf(5, { index: 64, payload: outcome(3, violationText) }),
  ]),
  good('ids grow, with gaps, beyond 32 bits and up to 2^53 - 1', 'server', [
    request(5),
    request(0xffff_ffff),
    request(2 ** 32),
    request(2 ** 40 + 17),
    request(Number.MAX_SAFE_INTEGER),
  ]),
  good('a HELLO and a PING may have any id, also one that was before', 'server', [
    hello,
    request(9),
    hello,
    frameOf(7, { id: 9 }),
    frameOf(1, { id: 0 }),
  ]),
  good('a REQUEST may have no payload and be as long as the cap', 'server', [
    request(1),
    request(2, { payload: long(64) }),
  ]),
  good('what a kind has no use for is not looked at', 'server', [
    frameOf(6, { index: 9, id: 1, a: 5, b: 6 }),
    request(1, { b: 77 }),
  ]),
  {
    description: 'a REQUEST longer than the cap is read past, up to twice the cap',
    side: 'server',
    ...caps,
    bytes: [request(1, { payload: long(65) }), request(2, { payload: long(128) }), request(3)].map(bytesOf).join(''),
    frames: [{ ...request(1), oversize: 65 }, { ...request(2), oversize: 128 }, request(3)],
  },
  broken(
    'a REQUEST longer than twice the cap',
    'server',
    'a REQUEST has 129 bytes, more than twice the cap of 64',
    head(request(1), 129),
  ),
  broken(
    'the longest length that a header can have',
    'server',
    'a REQUEST has 4294967295 bytes, more than twice the cap of 64',
    head(request(1), 0xffff_ffff),
  ),
  ...[0, 10, 255].map((kind) =>
    broken(`kind ${kind}`, 'server', `kind ${kind} is unknown, or the other side's`, head(frameOf(kind))),
  ),
  ...[3, 4, 5, 9].map((kind) =>
    broken(`kind ${kind} from a client`, 'server', `kind ${kind} is unknown, or the other side's`, head(frameOf(kind))),
  ),
  ...[2, 6].map((kind) =>
    broken(`kind ${kind} from a server`, 'client', `kind ${kind} is unknown, or the other side's`, head(frameOf(kind))),
  ),
  broken('an unknown flag of a REQUEST', 'server', 'flags 4 are unknown for kind 2', head(request(1, { flags: 4 }))),
  ...[1, 6, 7, 8].map((kind) =>
    broken(
      `a flag of kind ${kind}`,
      'server',
      `flags 1 are unknown for kind ${kind}`,
      head(frameOf(kind, { flags: 1 })),
    ),
  ),
  ...[3, 4, 5, 9].map((kind) =>
    broken(
      `a flag of kind ${kind}`,
      'client',
      `flags 2 are unknown for kind ${kind}`,
      head(frameOf(kind, { flags: 2 })),
    ),
  ),
  broken('a REQUEST with id 0', 'server', 'a REQUEST has id 0', head(request(0)), [hello]),
  broken(
    'a REQUEST with an id for the second time',
    'server',
    'a REQUEST has an id that is not greater than all before',
    head(request(7)),
    [request(7)],
  ),
  broken(
    'a REQUEST with a smaller id',
    'server',
    'a REQUEST has an id that is not greater than all before',
    head(request(2 ** 32)),
    [request(2 ** 32 + 1)],
  ),
  broken(
    'an id that a double does not hold',
    'server',
    'an id is beyond 2^53 - 1',
    `00000000020000000000000000002000${u32(0xffff_ffff)}${u32(0)}`,
  ),
  broken(
    'a PING with such an id',
    'server',
    'an id is beyond 2^53 - 1',
    `0000000007000000${'f'.repeat(16)}${u32(0)}${u32(0)}`,
  ),
  broken(
    'an answer with such an id',
    'client',
    'an id is beyond 2^53 - 1',
    `3000000003000000${'f'.repeat(16)}${u32(0)}${u32(0)}`,
  ),
  broken(
    'a trace flag and 25 bytes',
    'server',
    'a REQUEST is shorter than its trace context',
    head(request(1, { flags: 1 }), 25),
  ),
  broken('a HELLO of 65,537 bytes', 'server', 'a HELLO has 65537 bytes, more than 65536', head(hello, 65_537)),
  broken('a CANCEL with a payload', 'server', 'a CANCEL or GOAWAY has a payload', head(frameOf(6), 1)),
  broken('a GOAWAY with a payload', 'client', 'a CANCEL or GOAWAY has a payload', head(frameOf(9), 1)),
  broken('a PING of 65 bytes', 'server', 'a PING or PONG has 65 bytes, more than 64', head(frameOf(7), 65)),
  broken('a PONG of 65 bytes', 'client', 'a PING or PONG has 65 bytes, more than 64', head(frameOf(8), 65)),
  broken('ACCEPTED with id 0', 'client', 'an answer has id 0', head(frameOf(3), 48)),
  broken('REJECTED with id 0', 'client', 'an answer has id 0', head(frameOf(4), 8)),
  broken(
    'an answer longer than the cap',
    'client',
    'an answer has 129 bytes, more than the cap of 128',
    head(frameOf(3, { id: 1 }), 129),
  ),
  ...[
    ['without a payload', 3, ''],
    ['of another kind', 3, outcome(3, faultText)],
    ['that is cut', 4, outcome(2, rejectedText).slice(0, -2)],
    ['with a byte too many', 5, `${outcome(3, faultText)}00`],
    ['with a head that is cut', 3, accepted(1, '', '').slice(0, -2)],
    ['whose canonical bytes are missing', 3, accepted(3, 'c0', '')],
  ].map(([what, kind, payload]) => {
    const frame = frameOf(kind as number, { id: 1, payload: payload as string })
    return broken(`an answer ${what}`, 'client', 'an answer is not an outcome of its kind and size', bytesOf(frame))
  }),
]

const id = '5d'.repeat(32)
const print = '3c'.repeat(16)
const limits = { requestBytes: 1_052_672, answerBytes: 0x8040_0000, inFlight: 256 }
const limitsField = field(20, u32(limits.requestBytes) + u32(limits.answerBytes) + u32(limits.inFlight))
const serverFields = field(18, text('sidelaned/1')) + field(19, text('native')) + limitsField
const noName = 'CONTRACT has a name that no contract may have'
const wrong = (side: string, description: string, bytes: string, violation: string): unknown => ({
  description,
  side,
  bytes,
  violation,
})

const hellos = [
  { description: 'nothing', side: 'client', bytes: '', hello: { client: '', contracts: [] } },
  {
    description: 'two contracts, one without a key, and a name',
    side: 'client',
    bytes:
      field(1, id + print + text('order')) +
      field(1, '00'.repeat(48) + text('b')) +
      field(2, text('sidelane-js/1.2.3')),
    hello: {
      client: 'sidelane-js/1.2.3',
      contracts: [
        { id, fingerprint: print, name: 'order' },
        { id: '00'.repeat(32), fingerprint: '00'.repeat(16), name: 'b' },
      ],
    },
    encodes: true,
  },
  {
    description: 'the longest name and the longest text',
    side: 'client',
    bytes: field(1, id + print + long(64)) + field(2, long(128)),
    hello: { client: 'a'.repeat(128), contracts: [{ id, fingerprint: print, name: 'a'.repeat(64) }] },
    encodes: true,
  },
  {
    description: 'unknown fields and those of the other side are passed over',
    side: 'client',
    bytes: field(99, 'ffff') + field(17, '00') + field(2, text('c')) + field(0, '') + field(65_535, long(300)),
    hello: { client: 'c', contracts: [] },
  },
  wrong('client', 'a field without a value', field(2, text('abc')).slice(0, -2), 'HELLO has a field that does not end'),
  wrong('client', 'a field of three bytes', '020000', 'HELLO has a field that does not end'),
  wrong('client', 'a CONTRACT without a name', field(1, id + print), 'CONTRACT is of wrong size'),
  wrong('client', 'an empty CONTRACT', field(1, ''), 'CONTRACT is of wrong size'),
  wrong('client', 'a name of 65 bytes', field(1, id + print + long(65)), 'CONTRACT is of wrong size'),
  {
    description: 'a name of capitals, dots, underscores and hyphens',
    side: 'client',
    bytes: field(1, id + print + text('Order_Lines.v2-eu')) + field(2, text('c')),
    hello: { client: 'c', contracts: [{ id, fingerprint: print, name: 'Order_Lines.v2-eu' }] },
    encodes: true,
  },
  wrong('client', 'a name that begins with a dot', field(1, id + print + text('.order')), noName),
  wrong('client', 'a name with an at sign', field(1, id + print + text('order@1')), noName),
  wrong('client', 'a name beyond ASCII', field(1, id + print + text('é')), noName),
  wrong('client', 'a CLIENT of 129 bytes', field(2, long(129)), 'CLIENT is longer than 128 bytes'),
  {
    description: 'a contract that is served, one that is not known, one that is another',
    side: 'server',
    bytes:
      field(17, u16(0) + u16(513) + id) +
      field(17, u16(40) + u16(0) + '00'.repeat(32)) +
      field(17, u16(41) + u16(0) + id) +
      serverFields,
    hello: {
      contracts: [
        { status: 0, index: 513, have: id },
        { status: 40, index: 0, have: '00'.repeat(32) },
        { status: 41, index: 0, have: id },
      ],
      server: 'sidelaned/1',
      engine: 'native',
      limits,
    },
    encodes: true,
  },
  {
    description: 'another order, unknown fields',
    side: 'server',
    bytes: limitsField + field(1, '00') + field(19, text('js')) + field(77, '') + field(18, text('n/1')),
    hello: { contracts: [], server: 'n/1', engine: 'js', limits },
  },
  wrong('server', 'no LIMITS', field(18, text('s')) + field(19, text('js')), 'HELLO lacks SERVER or LIMITS'),
  wrong('server', 'no SERVER', field(19, text('js')) + limitsField, 'HELLO lacks SERVER or LIMITS'),
  wrong('server', 'no ENGINE', field(18, text('s')) + limitsField, 'HELLO names no engine'),
  wrong(
    'server',
    'an unknown engine',
    field(18, text('s')) + field(19, text('wasm')) + limitsField,
    'HELLO names no engine',
  ),
  wrong('server', 'LIMITS of 13 bytes', field(20, long(13)), 'LIMITS is of wrong size'),
  wrong('server', 'a CONTRACT of 35 bytes', field(17, long(35)), 'CONTRACT is of wrong size'),
  wrong('server', 'a CONTRACT of 3 bytes', field(17, long(3)), 'CONTRACT is of wrong size'),
  wrong('server', 'LIMITS that do not end', limitsField.slice(0, -2), 'HELLO has a field that does not end'),
]

const magic = `f5${text('SDLN\n')}`
const prefaces = [
  ...Array.from({ length: 8 }, (_, size) => ({ bytes: (magic + u16(1)).slice(0, 2 * size), expect: 'more' })),
  { bytes: magic + u16(1), expect: { version: 1 } },
  { bytes: magic + u16(2), expect: { version: 2 } },
  { bytes: magic + u16(0xfffe), expect: { version: 0xfffe } },
  { bytes: `${magic}${u16(1)}00ff`, expect: { version: 1 } },
  { bytes: text('GET / HTTP/1.1'), expect: 'foreign' },
  { bytes: 'f552', expect: 'foreign' },
  { bytes: `${magic.slice(0, 10)}0d`, expect: 'foreign' },
]

const [traceId, parentId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
const known = { bytes: `00${traceId}${parentId}01`, traceId }
const traces = [
  { text: `00-${traceId}-${parentId}-01`, expect: known },
  { text: `00-${traceId}-${parentId}-00`, expect: { ...known, bytes: `00${traceId}${parentId}00` } },
  { text: `00-${traceId}-${parentId}-ff`, expect: { ...known, bytes: `00${traceId}${parentId}ff` } },
  { text: `cc-${traceId}-${parentId}-01`, expect: known },
  { text: `cc-${traceId}-${parentId}-01-what the future brings`, expect: known },
  { text: `cc-${traceId}-${parentId}-01.what`, expect: null },
  { text: `00-${traceId}-${parentId}-01-more`, expect: null },
  { text: `ff-${traceId}-${parentId}-01`, expect: null },
  { text: `00-${traceId.toUpperCase()}-${parentId}-01`, expect: null },
  { text: `00-${'0'.repeat(32)}-${parentId}-01`, expect: null },
  { text: `00-${traceId}-${'0'.repeat(16)}-01`, expect: null },
  { text: `00-${traceId}-${parentId}`, expect: null },
  { text: `00_${traceId}-${parentId}-01`, expect: null },
  { text: `00-${traceId}-${parentId}-0é`, expect: null },
  { text: `00-${traceId}-${parentId}-0g`, expect: null },
  { text: ` 00-${traceId}-${parentId}-01`, expect: null },
  { text: '', expect: null },
]

const keys = [
  '00'.repeat(16),
  'ff'.repeat(32),
  text('a key of more than 64 bytes is hashed before it is used, as HMAC has it'),
].map((key) => ({
  key,
  fingerprint: createHmac('sha256', Buffer.from(key, 'hex'))
    .update('sidelane key fingerprint 1')
    .digest('hex')
    .slice(0, 32),
}))

const codes = Object.entries(errorTable).map(([code, { wire, status, message }]) => ({ code, wire, status, message }))

for (const [name, vectors] of Object.entries({ frames, hellos, prefaces, traces, keys, codes })) {
  const lines = vectors.map((vector) => `  ${JSON.stringify(vector)}`).join(',\n')
  writeFileSync(new URL(`../vectors/wire/${name}.json`, import.meta.url), `[\n${lines}\n]\n`)
}
