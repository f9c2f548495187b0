// Texts through the trainer: the tables that they give, and the sizes of their bodies.

import { scan } from '../../src/train/scan.ts'
import { bodyBytes, type Lengths } from '../../src/train/block-bits.ts'
import { TableTrainer } from '../../src/train/train-tables.ts'
import type { LockTable } from '../../src/model/index.ts'
import type { DeflateVectors } from './vectors.ts'

const codec = 'deflate-raw'

export function vectorsOf(texts: readonly string[]): DeflateVectors {
  const trainer = new TableTrainer(codec)
  const bytes = texts.map((text) => Buffer.from(text))
  for (const one of bytes) trainer.add(one)
  const tables = trainer.train().tables?.classes ?? []
  const sizes = bytes.map((one) => {
    const symbols = scan(one)
    const table = tables.findIndex((entry) => isFor(entry, one))
    return {
      dynamicBytes: bodyBytes(symbols, one.length, codec),
      table: table < 0 ? null : table,
      tableBytes: table < 0 ? null : bodyBytes(symbols, one.length, codec, lengthsOf(tables[table] as LockTable)),
    }
  })
  return { texts, tables, sizes }
}

const isFor = ({ ascii, minBytes, maxBytes }: LockTable, text: Buffer): boolean =>
  text.length >= minBytes && text.length <= maxBytes && text.every((byte) => byte < 0x80) === ascii

/** The lengths that the digits of a lock mean. */
function lengthsOf({ literals, lengths, distances }: LockTable): Lengths {
  const all = { literals: new Uint8Array(286), distances: new Uint8Array(30) }
  all.literals.set(digits(literals), 0x20)
  all.literals.set(digits(lengths), 256)
  all.distances.set(digits(distances))
  return all
}

const digits = (text: string): number[] => Array.from(text, (digit) => Number.parseInt(digit, 16))
