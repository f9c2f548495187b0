// Writes test/vectors/deflate/tables.json. Run by hand with a TypeScript runner; the same seed gives the same file.

import { writeFileSync } from 'node:fs'
import { makeClicks } from '../../bench/payloads/clicks.ts'
import { makeOrders } from '../../bench/payloads/orders.ts'
import { vectorsOf } from './sizes.ts'

const target = new URL('../vectors/deflate/tables.json', import.meta.url)
const text = (payload: Uint8Array): string => JSON.stringify(JSON.parse(Buffer.from(payload).toString()))
const texts = [
  '0',
  '""',
  'null',
  '[1,1,1,1]',
  '{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}',
  JSON.stringify('é'.repeat(300)),
  JSON.stringify('ab'.repeat(5000)),
  JSON.stringify(Array.from({ length: 700 }, (_, i) => i * i)),
  JSON.stringify(Array.from({ length: 300 }, (_, i) => (i * 2_654_435_761) % 4_294_967_296)),
  JSON.stringify('\u007f\u0080ÿ߿ࠀ￿𐀀􏿿'.repeat(9)),
  ...makeClicks(48, 3).map(text),
  ...makeOrders({ count: 10, seed: 5, meanBytes: 900 }).map(text),
  ...makeOrders({ count: 16, seed: 6, meanBytes: 900, script: 'ascii', asciiOnly: true }).map(text),
  ...makeOrders({ count: 6, seed: 7, script: 'cjk' }).map(text),
  ...makeOrders({ count: 1, seed: 8, meanBytes: 20_000 }).map(text),
]
const { tables, sizes } = vectorsOf(texts)
const lines = (items: readonly unknown[]): string => items.map((item) => `    ${JSON.stringify(item)}`).join(',\n')
writeFileSync(
  target,
  `{\n  "texts": [\n${lines(texts)}\n  ],\n  "tables": [\n${lines(tables)}\n  ],\n  "sizes": [\n${lines(sizes)}\n  ]\n}\n`,
)
