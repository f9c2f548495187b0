// Random codecs with levels, of those that both engines have in this Node.
import * as zlib from 'node:zlib'
import fc from 'fast-check'

const levels = {
  gzip: [0, 9],
  deflate: [0, 9],
  'deflate-raw': [0, 9],
  brotli: [0, 11],
  ...('zstdCompressSync' in zlib && { zstd: [1, 19] }),
} as const

/** `compress` of a lock. Half of them are gzip, which takes a fraction of brotli's time. */
export const codecs: fc.Arbitrary<{ readonly codec: string; readonly level?: number }> = fc.oneof(
  { weight: Object.keys(levels).length + 1, arbitrary: fc.constant({ codec: 'gzip' }) },
  fc.constant({ codec: 'none' }),
  ...Object.entries(levels).map(([codec, [min, max]]) => fc.integer({ min, max }).map((level) => ({ codec, level }))),
)
