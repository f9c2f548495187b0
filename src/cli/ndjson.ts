// NDJSON as the command line takes it: the lines of stream/, without those that hold only white space. What a line says
// is not here.

import { numberedLines, type Line } from '../ndjson/index.ts'

export type { Line } from '../ndjson/index.ts'

/**
 * The lines of the source that hold more than white space, numbered from 1, blank ones counted. A line of more than
 * `maxBytes` bytes comes as a fault. `took` is told the size of each chunk.
 */
export async function* linesOf(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
  took: (bytes: number) => void,
): AsyncGenerator<Line, void, undefined> {
  for await (const line of numberedLines(counted(source, took), { maxBytes })) {
    if (!(line.payload instanceof Uint8Array && isBlank(line.payload))) yield line
  }
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  took: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) {
    took(chunk.length)
    yield chunk
  }
}

function isBlank(bytes: Uint8Array): boolean {
  // Space, tab, and the \r of an odd line end.
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false
  return true
}
