// The payloads and contracts of cases/heap.ts: values that take many times their bytes in a JavaScript heap.

import { parseContract, type Contract } from 'sidelane'

const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
/** A text that the fast path leaves to the slow one. */
const slow = String.raw`"\\ud"`

const shapes = {
  'empty objects': () => '{}',
  'empty texts': () => '""',
  'lists in lists': () => lists(60),
  'objects with one key': () => '{"":{"":{}}}',
  'ever new keys': (i: number) => `{"${(i % 60_000).toString(36)}":{"${((i * 7) % 60_000).toString(36)}":[]}}`,
  'keys out of order': (i: number) => `{"b${i % 9999}":{},"a":[]}`,
  'empty objects, slow path': (i: number) => (i === 0 ? slow : '{}'),
  'lists in lists, slow path': (i: number) => (i === 0 ? slow : lists(60)),
  'objects with one key, slow path': (i: number) => (i === 0 ? slow : '{"":{"":{}}}'),
} satisfies Record<string, (index: number) => string>

export type ShapeId = keyof typeof shapes
export const shapeIds = Object.keys(shapes) as ShapeId[]

const contracts = {
  /** Every value. */
  any: {},
  /** Two branches look at each list: verdicts are remembered. */
  union: {
    anyOf: [
      { type: 'array', items: { anyOf: [{ $ref: '#' }, { type: 'object' }, { type: 'string' }] } },
      { type: 'array', items: { anyOf: [{ $ref: '#' }, { type: 'number' }, { type: 'string' }, { type: 'object' }] } },
    ],
  },
} as const

export type ContractId = keyof typeof contracts
export const contractIds = Object.keys(contracts) as ContractId[]

/** Its payloads are never too large. */
export const heapContract = (id: ContractId): Contract =>
  parseContract(
    JSON.stringify({
      profile: 'p1',
      unicode: '15.0',
      name: id,
      schema: contracts[id],
      limits: { maxBytes: 2 ** 20 * 8 },
    }),
  )

/** A list of as many items as fit into `bytes`. */
export function payloadOf(shape: ShapeId, bytes: number): Buffer {
  const items: string[] = []
  let size = 1
  for (let i = 0; ; i++) {
    const item = shapes[shape](i)
    size += item.length + 1
    if (size > bytes) return Buffer.from(`[${items.join(',')}]`)
    items.push(item)
  }
}
