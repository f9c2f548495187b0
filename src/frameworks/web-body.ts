// The body of a Request as a Web stream: read and decoded while it arrives, never beyond its limits.

import { SidelaneError, type Codec } from '../model/index.ts'
import { BoundedBytes, isFault, tooLong, type BodyLimits } from './index.ts'

type Bytes = ReadableStream<Uint8Array>

/** Bun before 1.3.3 lacks it. */
export const readsGzip: boolean = typeof DecompressionStream === 'function'

type Format = 'gzip' | 'deflate' | 'deflate-raw'

/** Whether the runtime's streams can decompress the codec. */
export const expandsOnTheWeb = (codec: Codec): codec is Format =>
  readsGzip && (codec === 'gzip' || codec === 'deflate' || codec === 'deflate-raw')

/** Reads a body within its limits. Rejects with `limit.bytes`, `codec.corrupt`, or an error of the stream. */
export const readWebBody =
  (body: Bytes | null, signal: AbortSignal) =>
  async ({ coding, maxBytes, maxRawBytes }: BodyLimits): Promise<Uint8Array> => {
    if (body === null) return new Uint8Array()
    const own = untilAborted(body, signal)
    const bytes = await (coding === 'identity' ? collect(own, maxBytes) : expand(own, coding, maxBytes, maxRawBytes))
    // A stream that is cancelled ends as if it were complete.
    signal.throwIfAborted()
    return bytes
  }

/** The content of compressed bytes. */
export const expandBytes = (bytes: Uint8Array, format: Format, maxBytes: number): Promise<Uint8Array> =>
  expand(new Blob([bytes]).stream().getReader(), format, maxBytes, bytes.length)

type Reader = ReadableStreamDefaultReader<Uint8Array>

/** Not every runtime ends the body when it aborts the signal. */
function untilAborted(body: Bytes, signal: AbortSignal): Reader {
  const reader = body.getReader()
  const cancel = (): void => void reader.cancel().catch(ignore)
  signal.addEventListener('abort', cancel, { once: true })
  reader.closed.catch(ignore).finally(() => signal.removeEventListener('abort', cancel))
  return reader
}

async function collect(reader: Reader, maxBytes: number): Promise<Uint8Array> {
  const bytes = new BoundedBytes(maxBytes)
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return bytes.take()
    if (bytes.add(value)) continue
    // The rest of the body is not read.
    reader.cancel().catch(ignore)
    throw tooLong()
  }
}

async function expand(source: Reader, format: Format, maxBytes: number, maxRawBytes: number): Promise<Uint8Array> {
  const { readable, writable } = new DecompressionStream(format)
  const writer = writable.getWriter()
  const feeding = feed(source, writer as WritableStreamDefaultWriter<Uint8Array>, maxRawBytes)
  try {
    return await collect((readable as Bytes).getReader(), maxBytes)
  } catch (error) {
    writer.abort().catch(ignore)
    source.cancel().catch(ignore)
    if (isFault(error)) throw error
    // What stopped the source comes out of the decoder as an error of its own.
    throw (await feeding) ?? new SidelaneError('codec.corrupt', { params: { codec: format }, cause: error })
  }
}

/** Resolves with the error of the source, if any. */
async function feed(
  source: Reader,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  maxBytes: number,
): Promise<unknown> {
  const stop = (fault: unknown): unknown => {
    writer.abort(fault).catch(ignore)
    return fault
  }
  let bytes = 0
  for (;;) {
    const piece = await source.read().catch((error: unknown) => ({ error }))
    if ('error' in piece) return stop(piece.error)
    bytes += piece.value?.length ?? 0
    if (bytes > maxBytes) return stop(tooLong())
    // Rejects when the decoder has failed: its other end has the error.
    const written = await (piece.done ? writer.close() : writer.write(piece.value)).then(() => true, ignore)
    if (piece.done || written !== true) return undefined
  }
}

const ignore = (): void => {}
