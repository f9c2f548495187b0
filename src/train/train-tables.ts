// The tables of a contract: samples in classes by size and by ASCII or not, a table for each class that it suits.

import { endOfBlock } from '../engine/index.ts'
import { maxTableBytes, firstLiteral, type Codec, type LockTable, type LockTables } from '../model/index.ts'
import { bodyBytes, type Lengths } from './block-bits.ts'
import { scan, type Symbols } from './scan.ts'
import { trainLengths } from './table-lengths.ts'

/** What a class of samples gave. Sizes are sums over the samples that were held out. */
export interface TrainedClass {
  readonly ascii: boolean
  /** Sizes of the canonical form. */
  readonly minBytes: number
  readonly maxBytes: number
  /** Samples, of which every second one is held out: the table that is measured does not know it. */
  readonly samples: number
  readonly heldOut: number
  readonly canonicalBytes: number
  /** By the header that each body has without a table. */
  readonly dynamicBytes: number
  readonly tableBytes: number
  /** `few`: too few samples. `loss`: bodies would grow by more than the bound. */
  readonly result: 'kept' | 'few' | 'loss'
}

/** Fewer samples say too little about the loss. */
const minSamples = 4
/** More samples of a class are not read: they would not change a table. */
const maxSamples = 2048
/** A table is kept where bodies grow by at most this share. */
const maxLoss = 0.05

/** The largest canonical forms of the classes: of twice the size, another table is better. */
const classEnds = [512, 1024, 2048, 4096, 8192]

export class TableTrainer {
  readonly #codec: Codec
  readonly #classes = [true, false].flatMap((ascii) =>
    classEnds.map(
      (maxBytes, index) => new SampleClass(ascii, index === 0 ? 0 : (classEnds[index - 1] as number) + 1, maxBytes),
    ),
  )

  constructor(codec: Codec) {
    this.#codec = codec
  }

  /** Adds a canonical form. One that is larger than all classes has no table. */
  add(text: Uint8Array): void {
    if (text.length > maxTableBytes) return
    const ascii = text.every((byte) => byte < 0x80)
    this.#classes.find((one) => one.ascii === ascii && text.length <= one.maxBytes)?.add(text)
  }

  /** The classes that have samples, and the tables that are kept; undefined: none is. */
  train(): { readonly classes: readonly TrainedClass[]; readonly tables: LockTables | undefined } {
    const filled = this.#classes.filter((one) => one.size > 0)
    const trained = filled.map((one) => one.train(this.#codec))
    const classes = trained.flatMap(({ table }) => (table === undefined ? [] : [table]))
    return {
      classes: trained.map(({ report }) => report),
      tables: classes.length === 0 ? undefined : { version: 1, classes },
    }
  }
}

interface Sample {
  readonly symbols: Symbols
  readonly bytes: number
}

class SampleClass {
  readonly ascii: boolean
  readonly minBytes: number
  readonly maxBytes: number
  readonly #samples: Sample[] = []

  constructor(ascii: boolean, minBytes: number, maxBytes: number) {
    this.ascii = ascii
    this.minBytes = minBytes
    this.maxBytes = maxBytes
  }

  get size(): number {
    return this.#samples.length
  }

  add(text: Uint8Array): void {
    if (this.size < maxSamples) this.#samples.push({ symbols: scan(text), bytes: text.length })
  }

  train(codec: Codec): { readonly report: TrainedClass; readonly table: LockTable | undefined } {
    const { ascii, minBytes, maxBytes } = this
    const isHeldOut = (index: number): boolean => index % 2 === 1
    const heldOut = this.#samples.filter((_, index) => isHeldOut(index))
    const measured = this.#lengthsOf(this.#samples.filter((_, index) => !isHeldOut(index)))
    const sizeBy = (table?: Lengths): number =>
      heldOut.reduce((sum, { symbols, bytes }) => sum + bodyBytes(symbols, bytes, codec, table), 0)
    const [dynamicBytes, tableBytes] = [sizeBy(), sizeBy(measured)]
    const result = this.size < minSamples ? 'few' : tableBytes <= dynamicBytes * (1 + maxLoss) ? 'kept' : 'loss'
    const canonicalBytes = heldOut.reduce((sum, { bytes }) => sum + bytes, 0)
    return {
      report: {
        ...{ ascii, minBytes, maxBytes, samples: this.size, heldOut: heldOut.length },
        ...{ canonicalBytes, dynamicBytes, tableBytes, result },
      },
      table: result === 'kept' ? tableOf(this, this.#lengthsOf(this.#samples)) : undefined,
    }
  }

  #lengthsOf(samples: readonly Sample[]): Lengths {
    return trainLengths(
      samples.map(({ symbols }) => symbols),
      this,
    )
  }
}

const tableOf = ({ ascii, minBytes, maxBytes }: SampleClass, { literals, distances }: Lengths): LockTable => ({
  ascii,
  minBytes,
  maxBytes,
  literals: digits(literals.subarray(firstLiteral, endOfBlock)),
  lengths: digits(literals.subarray(endOfBlock)),
  distances: digits(distances),
})

/** Without the bytes and distances that payloads of the class cannot have. */
const digits = (lengths: Uint8Array): string =>
  Array.from(
    lengths.filter((length) => length > 0),
    (length) => length.toString(16),
  ).join('')
