// gzip, deflate and deflate-raw by fflate: the option `jsCompressor: 'fflate'`, and what runtimes without zlib use.

import { deflateSync, gzipSync, zlibSync, type DeflateOptions } from 'fflate'
import type { Zlib } from '#runtime'

/** The same formats, and the same header of gzip, as zlib's. */
export const fflate: Pick<Zlib, 'gzip' | 'deflate' | 'deflateRaw'> = {
  gzip(bytes, level) {
    const body = gzipSync(bytes, { level: levelOf(level), mtime: 0 })
    body[9] = 255
    return body
  },
  deflate: (bytes, level) => zlibSync(bytes, { level: levelOf(level) }),
  deflateRaw: (bytes, level) => deflateSync(bytes, { level: levelOf(level) }),
}

/** Locks hold 0 to 9 and nothing else. */
const levelOf = (level: number): NonNullable<DeflateOptions['level']> => level as NonNullable<DeflateOptions['level']>
