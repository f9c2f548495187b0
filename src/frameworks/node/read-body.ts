// The body of a request as a Node stream: read and decoded while it arrives, never beyond its limits.

import type { Readable } from 'node:stream'
import { createGunzip, type Gunzip } from 'node:zlib'
import { SidelaneError } from '../../model/index.ts'
import { BoundedBytes, tooLong, type BodyLimits } from '../index.ts'

/** Rejects with `limit.bytes`, `codec.corrupt`, or an error of the stream. */
export function readBody(source: Readable, { coding, maxBytes, maxRawBytes }: BodyLimits): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const bytes = new BoundedBytes(maxBytes)
    const gunzip = coding === 'gzip' ? createGunzip() : undefined
    let rawBytes = 0

    const stop = (): void => {
      source.off('data', onRaw).off('end', onRawEnd).off('error', fail).off('close', onClose)
      // An error behind this one must not be unhandled.
      source.on('error', ignore)
      gunzip?.off('error', onCorrupt).on('error', ignore).destroy()
    }
    const fail = (error: Error): void => {
      stop()
      reject(error)
    }
    const succeed = (): void => {
      stop()
      resolve(bytes.take())
    }
    const add = (piece: Uint8Array): void => {
      if (!bytes.add(piece)) fail(tooLong())
    }
    const onRaw = (piece: Buffer): void => {
      rawBytes += piece.length
      if (rawBytes > maxRawBytes) return fail(tooLong())
      if (gunzip === undefined) return add(piece)
      if (gunzip.write(piece)) return
      source.pause()
      gunzip.once('drain', () => source.resume())
    }
    const onRawEnd = (): void => {
      if (gunzip === undefined) succeed()
      else gunzip.end()
    }
    const onClose = (): void => {
      if (!source.readableEnded) fail(new Error('The request ended early.'))
    }
    const onCorrupt = (cause: Error): void => fail(corrupt(cause))

    gunzip?.on('data', add).on('error', onCorrupt)
    gunzip?.on('end', () => {
      // zlib ignores what follows the last member.
      if (consumed(gunzip) === rawBytes) succeed()
      else fail(corrupt())
    })
    source.on('data', onRaw).on('end', onRawEnd).on('error', fail).on('close', onClose)
    // Destroyed while the app did something else: no event follows.
    if (source.destroyed && !source.readableEnded) onClose()
  })
}

const ignore = (): void => {}

/** Compressed bytes that zlib has taken. */
const consumed = (gunzip: Gunzip): number => gunzip.bytesWritten

const corrupt = (cause?: Error): SidelaneError =>
  new SidelaneError('codec.corrupt', { params: { codec: 'gzip' }, ...(cause !== undefined && { cause }) })
