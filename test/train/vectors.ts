// The vectors in test/vectors/deflate: texts, the tables that they give, and the size of each body. Made by generate-vectors.ts,
// read by the tests of the trainer and of native/deflate.

import type { LockTable } from '../../src/model/index.ts'

export interface DeflateVectors {
  readonly texts: readonly string[]
  readonly tables: readonly LockTable[]
  /** Bytes of the raw deflate body of each text, by a header of its own and by the table of that number, if there is one. */
  readonly sizes: readonly {
    readonly dynamicBytes: number
    readonly table: number | null
    readonly tableBytes: number | null
  }[]
}
