// DEFLATE (RFC 1951) for payloads of a few kilobytes, as native/deflate writes it without a table: one pass for the
// matches, codes of the payload's own counts. node:zlib spends as long on its state and its stream object as on 2 KB of input.
// The README of native/deflate explains the parts.

import { zlib } from '#runtime'
import type { Compress } from '../../../runtime/node.ts'
import { BitWriter, setCodes, type Codes } from './bit-writer.ts'
import { adler32, crc32 } from './checksums.ts'
import { assignLengths } from './code-lengths.ts'
import { Header } from './header.ts'
import { Matcher, maxScan } from './matcher.ts'
import {
  distances,
  endOfBlock,
  firstLengths,
  lengthExtraBits,
  literalsAndLengths,
  minMatch,
  symbolOfDistance,
  symbolOfLength,
} from './symbols.ts'

/** Larger payloads are left to zlib. */
export const maxSmall: number = maxScan

/** With a flush of at most seven bits, a code and the five extra bits of a length fit into 31. */
const literalLimit = 14
const distanceLimit = 15
/** Bytes that a stored block adds. */
const storedOverhead = 5

/** The memory of one thread, about 250 KB, without influence on the output. */
class Encoder {
  readonly #matcher = new Matcher()
  readonly #bits = new BitWriter()
  readonly #header = new Header()
  readonly #literalLengths = new Uint8Array(literalsAndLengths)
  readonly #distanceLengths = new Uint8Array(distances)
  readonly #literals: Codes = new Int32Array(literalsAndLengths)
  readonly #distances: Codes = new Int32Array(distances)

  /** The payload between a head, and a tail of `tail` bytes that the caller fills. */
  compress(head: Uint8Array, bytes: Uint8Array, tail: number): Uint8Array {
    const bits = this.#bits
    bits.start(0)
    bits.copy(head)
    if (bytes.length > 0) this.#dynamic(bytes)
    if (bytes.length === 0 || bits.position > head.length + bytes.length + storedOverhead) {
      bits.start(head.length)
      writeStored(bits, bytes)
    }
    return bits.bytes.slice(0, bits.position + tail)
  }

  #dynamic(bytes: Uint8Array): void {
    const bits = this.#bits
    const matcher = this.#matcher
    const number = matcher.scan(bytes)
    assignLengths(matcher.literalCounts, literalLimit, this.#literalLengths)
    assignLengths(matcher.distanceCounts, distanceLimit, this.#distanceLengths)
    // A block without distances sends a code that is not used: some decoders want one.
    if (number === 0) this.#distanceLengths[0] = 1
    setCodes(this.#literalLengths, this.#literals)
    setCodes(this.#distanceLengths, this.#distances)
    this.#header.write(bits, this.#literalLengths, this.#distanceLengths)
    this.#emit(bytes.length, number)
    bits.putCode(this.#literals[endOfBlock] as number)
    bits.align()
  }

  /** Writes what the scan noted: BitWriter.put() with its numbers in registers. */
  #emit(length: number, number: number): void {
    const { input, sequences } = this.#matcher
    const { view } = this.#bits
    const literals = this.#literals
    const codes = this.#distances
    let { position, bits, count } = this.#bits
    for (let i = 0, at = 0; ; i += 2) {
      const stop = i < number ? at + (sequences[i] as number) : length
      while (at < stop) {
        const code = literals[input[at++] as number] as number
        bits |= (code >>> 4) << count
        count += code & 15
        view.setInt32(position, bits, true)
        position += count >> 3
        bits >>>= count & 24
        count &= 7
      }
      if (i >= number) break
      const match = sequences[i + 1] as number
      const distance = match & 0xffff
      const lengthSymbol = symbolOfLength[(match >>> 16) - minMatch] as number
      at += match >>> 16
      let code = literals[endOfBlock + 1 + lengthSymbol] as number
      const extra = (match >>> 16) - minMatch - (firstLengths[lengthSymbol] as number)
      bits |= ((code >>> 4) | (extra << (code & 15))) << count
      count += (code & 15) + (lengthExtraBits[lengthSymbol] as number)
      view.setInt32(position, bits, true)
      position += count >> 3
      bits >>>= count & 24
      count &= 7

      const symbol = symbolOfDistance(distance)
      code = codes[symbol] as number
      bits |= (code >>> 4) << count
      count += code & 15
      view.setInt32(position, bits, true)
      position += count >> 3
      bits >>>= count & 24
      count &= 7
      if (symbol > 3) {
        const extraBits = (symbol >> 1) - 1
        bits |= ((distance - 1) & ((1 << extraBits) - 1)) << count
        count += extraBits
        view.setInt32(position, bits, true)
        position += count >> 3
        bits >>>= count & 24
        count &= 7
      }
    }
    this.#bits.position = position
    this.#bits.bits = bits
    this.#bits.count = count
  }
}

function writeStored(bits: BitWriter, bytes: Uint8Array): void {
  bits.put(1, 3)
  bits.align()
  bits.put(bytes.length, 16)
  bits.put(~bytes.length & 0xffff, 16)
  bits.copy(bytes)
}

let encoder: Encoder | undefined

const compress = (head: Uint8Array, bytes: Uint8Array, tail: number): Uint8Array =>
  (encoder ??= new Encoder()).compress(head, bytes, tail)

const checksum = zlib?.crc32 ?? crc32

/** No name, no time, "fastest algorithm", system unknown (RFC 1952). */
const gzipHead = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255)
/** A window of 32 KiB, "fastest algorithm" (RFC 1950). */
const zlibHead = Uint8Array.of(0x78, 0x01)
const noHead = new Uint8Array(0)

/** The formats at level 1, for at most `maxSmall` bytes. Equal payloads give equal bytes. */
export const small: { readonly gzip: Compress; readonly deflate: Compress; readonly deflateRaw: Compress } = {
  gzip: (bytes) => {
    const body = compress(gzipHead, bytes, 8)
    putLittle(body, body.length - 8, checksum(bytes))
    putLittle(body, body.length - 4, bytes.length)
    return body
  },
  deflate: (bytes) => {
    const body = compress(zlibHead, bytes, 4)
    const sum = adler32(bytes)
    for (let i = 0; i < 4; i++) body[body.length - 4 + i] = sum >>> (24 - 8 * i)
    return body
  },
  deflateRaw: (bytes) => compress(noHead, bytes, 0),
}

function putLittle(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = value >>> (8 * i)
}
