// The body of a request as a Node stream: read and decoded while it arrives, never beyond its limits.

import type { Readable } from 'node:stream'
import { createGunzip, type Gunzip } from 'node:zlib'
import { invalidOptions, SidelaneError, type FaultCode } from '../../model/index.ts'
import { misuseTexts } from '../../tables/framework-texts.ts'
import { fillTemplate } from '../../util/fill-template.ts'
import { JoinedBytes } from '../../util/joined-bytes.ts'
import { BodyPieces, corrupt, tooLong, type BodyLimits } from '../index.ts'

/** Where a body is read from. */
export interface BodySource {
  readonly stream: Readable
  /** What it means that the stream fails. */
  readonly fault: FaultCode
  /** Whether another plugin may have decoded the body. Its first byte tells: gzip begins as no JSON text does. */
  readonly mayBeDecoded?: boolean
}

/** The first byte of gzip. */
const gzipMagic = 0x1f

/** Rejects with `limit.bytes`, `codec.corrupt`, `cancelled`, `options.invalid`, or the fault of the source. */
export function readBody(
  { stream, fault, mayBeDecoded = false }: BodySource,
  { coding, maxBytes, maxRawBytes }: BodyLimits,
  signal: AbortSignal,
): Promise<Uint8Array> {
  // Streams of older libraries lack the property.
  const encoding = (stream.readableEncoding as Readable['readableEncoding'] | undefined) ?? 'utf8'
  if (!/^utf-?8$/i.test(encoding)) {
    return Promise.reject(invalidOptions(fillTemplate(misuseTexts.lostBytes, { encoding })))
  }
  return new Promise((resolve, reject) => {
    const bytes = new JoinedBytes(maxBytes)
    const isCoded = coding === 'gzip' && !mayBeDecoded
    const pieces = new BodyPieces(maxRawBytes, isCoded)
    let gunzip: Gunzip | undefined

    const stop = (): void => {
      stream.off('data', onPiece).off('end', onEnd).off('error', onError).off('close', onClose)
      signal.removeEventListener('abort', onAbort)
      // An error behind this one must not be unhandled.
      stream.on('error', ignore)
      gunzip?.off('error', onCorrupt).on('error', ignore).destroy()
    }
    const fail = (error: unknown): void => {
      stop()
      reject(error)
    }
    const succeed = (): void => {
      stop()
      resolve(bytes.take())
    }
    /** Nothing else catches what a listener throws. */
    const guarded =
      <T>(listener: (value: T) => void) =>
      (value: T): void => {
        try {
          listener(value)
        } catch (error) {
          fail(error)
        }
      }
    const add = (piece: Uint8Array): void => {
      if (!bytes.add(piece)) throw tooLong()
    }
    const onContent = guarded(add)
    const onPiece = guarded((piece: unknown) => {
      const isFirst = pieces.size === 0
      const raw = pieces.bytesOf(piece)
      if (isFirst && mayBeDecoded && coding === 'gzip' && raw[0] === gzipMagic) gunzip = decoder()
      if (gunzip === undefined) return add(raw)
      if (gunzip.write(raw)) return
      stream.pause()
      gunzip.once('drain', () => stream.resume())
    })
    const onEnd = guarded(() => {
      if (gunzip !== undefined) return void gunzip.end()
      add(pieces.end())
      succeed()
    })
    const onError = (cause: unknown): void => fail(new SidelaneError(fault, { cause }))
    const onClose = (): void => {
      if (!stream.readableEnded) onError(new Error('The stream of the body ended early.'))
    }
    const onAbort = (): void => fail(new SidelaneError('cancelled', { cause: signal.reason }))
    const onCorrupt = (cause?: Error): void => fail(corrupt('gzip', cause))

    const decoder = (): Gunzip => {
      const own = createGunzip()
      return own
        .on('data', onContent)
        .on('error', onCorrupt)
        .on('end', () => {
          // zlib ignores what follows the last member.
          if (consumed(own) === pieces.size && pieces.isOneMember(bytes.size)) succeed()
          else onCorrupt()
        })
    }

    if (isCoded) gunzip = decoder()
    // A stream behind the request, such as a decoder, does not always end with it.
    signal.addEventListener('abort', onAbort)
    stream.on('data', onPiece).on('end', onEnd).on('error', onError).on('close', onClose)
    if (signal.aborted) onAbort()
    // Destroyed while the app did something else: no event follows.
    else if (stream.destroyed && !stream.readableEnded) onClose()
  })
}

const ignore = (): void => {}

/** Compressed bytes that zlib has taken. */
const consumed = (gunzip: Gunzip): number => gunzip.bytesWritten
