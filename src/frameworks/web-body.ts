// The body of a Request as a Web stream: read and decoded while it arrives, never beyond its limits.

import { SidelaneError, type Codec } from '../model/index.ts'
import { JoinedBytes } from '../util/joined-bytes.ts'
import { BodyPieces, corrupt, isFault, tooLong, type BodyLimits } from './index.ts'

type Bytes = ReadableStream<Uint8Array>

/** Bun before 1.3.3 lacks it. */
export const readsGzip: boolean = typeof DecompressionStream === 'function'

type Format = 'gzip' | 'deflate' | 'deflate-raw'

/** Whether the runtime's streams can decompress the codec. */
export const expandsOnTheWeb = (codec: Codec): codec is Format =>
  readsGzip && (codec === 'gzip' || codec === 'deflate' || codec === 'deflate-raw')

/** Reads a body within its limits. Rejects with `limit.bytes`, `codec.corrupt`, `cancelled` or `options.invalid`. */
export const readWebBody =
  (body: Bytes | null, signal: AbortSignal) =>
  async ({ coding, maxBytes, maxRawBytes }: BodyLimits): Promise<Uint8Array> => {
    if (body === null) return new Uint8Array()
    const source = new Source(untilAborted(body, signal), maxRawBytes, coding !== 'identity')
    const bytes = await (coding === 'identity' ? collect(source, maxBytes) : expand(source, coding, maxBytes))
    // A stream that is cancelled ends as if it were complete.
    signal.throwIfAborted()
    return bytes
  }

/** The content of compressed bytes. */
export const expandBytes = (bytes: Uint8Array, format: Format, maxBytes: number): Promise<Uint8Array> =>
  expand(new Source(new Blob([bytes]).stream().getReader(), bytes.length, true), format, maxBytes)

type Reader = ReadableStreamDefaultReader<Uint8Array>

/** Not every runtime ends the body when it aborts the signal. */
function untilAborted(body: Bytes, signal: AbortSignal): Reader {
  const reader = body.getReader()
  const cancel = (): void => void reader.cancel().catch(ignore)
  // The event of a signal that is aborted does not come again.
  if (signal.aborted) cancel()
  signal.addEventListener('abort', cancel, { once: true })
  reader.closed.catch(ignore).finally(() => signal.removeEventListener('abort', cancel))
  return reader
}

/** The bytes of a stream, piece by piece; undefined: it has ended. */
interface Pieces {
  read(): Promise<Uint8Array | undefined>
  /** The rest is not read. */
  stop(): void
}

/** A body as it arrives. */
class Source implements Pieces {
  readonly #reader: Reader
  readonly #pieces: BodyPieces
  #hasEnded = false

  constructor(reader: Reader, maxBytes: number, isCoded: boolean) {
    this.#reader = reader
    this.#pieces = new BodyPieces(maxBytes, isCoded)
  }

  /** Rejects with a fault: `cancelled` where the stream fails, as it does when the client goes. */
  async read(): Promise<Uint8Array | undefined> {
    if (this.#hasEnded) return undefined
    const { done, value } = await this.#reader.read().catch((cause: unknown) => {
      throw new SidelaneError('cancelled', { cause })
    })
    if (!done) return this.#pieces.bytesOf(value)
    this.#hasEnded = true
    return this.#pieces.end()
  }

  /** False: bytes follow the compressed ones. */
  isAll(format: Format, contentBytes: number): boolean {
    return this.#hasEnded && (format !== 'gzip' || this.#pieces.isOneMember(contentBytes))
  }

  stop(): void {
    this.#reader.cancel().catch(ignore)
  }
}

/** What comes out of a decoder. */
class Content implements Pieces {
  readonly #reader: Reader

  constructor(decoder: DecompressionStream) {
    this.#reader = (decoder.readable as Bytes).getReader()
  }

  async read(): Promise<Uint8Array | undefined> {
    return (await this.#reader.read()).value
  }

  stop(): void {
    this.#reader.cancel().catch(ignore)
  }
}

async function collect(pieces: Pieces, maxBytes: number): Promise<Uint8Array> {
  const bytes = new JoinedBytes(maxBytes)
  try {
    for (;;) {
      const piece = await pieces.read()
      if (piece === undefined) return bytes.take()
      if (!bytes.add(piece)) throw tooLong()
    }
  } catch (error) {
    pieces.stop()
    throw error
  }
}

async function expand(source: Source, format: Format, maxBytes: number): Promise<Uint8Array> {
  const decoder = new DecompressionStream(format)
  const writer = decoder.writable.getWriter() as WritableStreamDefaultWriter<Uint8Array>
  const feeding = feed(source, writer)
  try {
    const bytes = await collect(new Content(decoder), maxBytes)
    if (source.isAll(format, bytes.length)) return bytes
    throw corrupt(format)
  } catch (error) {
    writer.abort().catch(ignore)
    source.stop()
    if (isFault(error)) throw error
    // What stopped the source comes out of the decoder as an error of its own.
    throw (await feeding) ?? corrupt(format, error)
  }
}

/** Resolves with the error of the source, if any. */
async function feed(source: Source, writer: WritableStreamDefaultWriter<Uint8Array>): Promise<unknown> {
  try {
    for (;;) {
      const piece = await source.read()
      // Rejects when the decoder has failed: its other end has the error.
      const written = await (piece === undefined ? writer.close() : writer.write(piece)).then(() => true, ignore)
      if (piece === undefined || written !== true) return undefined
    }
  } catch (fault) {
    writer.abort(fault).catch(ignore)
    return fault
  }
}

const ignore = (): void => {}
