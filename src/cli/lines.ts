// NDJSON as lines: chunks of bytes in, one line at a time out, with its number. What a line says is not here.

export interface Line {
  /** From 1, blank lines counted. */
  readonly number: number
  /** Without the line break. A line that is too long is cut to one byte more than allowed, so that it stays too long. */
  readonly bytes: Uint8Array
}

export interface LineCounts {
  /** Bytes taken from the source, line breaks among them. */
  bytes: number
  blank: number
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

/**
 * The lines that hold more than white space. `\n` and `\r\n` end a line, the last one may do without. No more than
 * `mostBytes` + 2 bytes of a line are ever kept, whatever its length.
 */
export async function* linesOf(
  source: AsyncIterable<Uint8Array>,
  mostBytes: number,
  counts: LineCounts = { bytes: 0, blank: 0 },
): AsyncGenerator<Line, void, undefined> {
  let number = 1
  const begun = new Begun(mostBytes + 2)
  const finish = (bytes: Uint8Array): Line | undefined => {
    const line = { number: number++, bytes: trimmed(bytes, mostBytes) }
    if (!isBlank(line.bytes)) return line
    counts.blank++
    return undefined
  }
  for await (const chunk of source) {
    counts.bytes += chunk.length
    let from = 0
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, from)) {
      const part = chunk.subarray(from, end)
      const line = finish(begun.length === 0 ? part : begun.take(part))
      if (line !== undefined) yield line
      from = end + 1
    }
    if (from < chunk.length) begun.add(chunk.subarray(from))
  }
  const last = begun.length === 0 ? undefined : finish(begun.take())
  if (last !== undefined) yield last
}

/** The line that the next chunk goes on with. */
class Begun {
  length = 0
  readonly #most: number
  #parts: Uint8Array[] = []

  constructor(most: number) {
    this.#most = most
  }

  add(part: Uint8Array): void {
    const kept = part.subarray(0, this.#most - this.length)
    if (kept.length === 0) return
    this.#parts.push(kept)
    this.length += kept.length
  }

  take(last?: Uint8Array): Uint8Array {
    if (last !== undefined) this.add(last)
    const bytes = new Uint8Array(this.length)
    let at = 0
    for (const part of this.#parts) {
      bytes.set(part, at)
      at += part.length
    }
    this.#parts = []
    this.length = 0
    return bytes
  }
}

function trimmed(bytes: Uint8Array, mostBytes: number): Uint8Array {
  const line = bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes
  return line.length > mostBytes ? line.subarray(0, mostBytes + 1) : line
}

function isBlank(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== carriageReturn) return false
  return true
}
