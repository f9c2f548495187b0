// DEFLATE (RFC 1951) for payloads of a few kilobytes, as native/deflate writes it without a table: one pass for the
// matches, codes of the payload's own counts. node:zlib spends as long on its state and its stream object as on 2 KB of input.
// The README of native/deflate explains the parts.

import { zlib } from '#runtime'
import type { Compress } from '../../../runtime/node.ts'
import { align, copy, cursor, output, outputView, put, putCode, setCodes, start, type Codes } from './bit-writer.ts'
import { adler32, crc32 } from './checksums.ts'
import { assignLengths } from './code-lengths.ts'
import { writeHeader } from './header.ts'
import { distanceCounts, input, literalCounts, maxScan, scan, sequences } from './matcher.ts'
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

const literalLengths = new Uint8Array(literalsAndLengths)
const distanceLengths = new Uint8Array(distances)
const literalCodes: Codes = new Int32Array(literalsAndLengths)
const distanceCodes: Codes = new Int32Array(distances)

/** The payload between a head, and a tail of `tail` bytes that the caller fills. */
function compress(head: Uint8Array, bytes: Uint8Array, tail: number): Uint8Array {
  start(0)
  copy(head)
  if (bytes.length > 0) writeDynamic(bytes)
  if (bytes.length === 0 || cursor.position > head.length + bytes.length + storedOverhead) {
    start(head.length)
    writeStored(bytes)
  }
  return output.slice(0, cursor.position + tail)
}

function writeDynamic(bytes: Uint8Array): void {
  const number = scan(bytes)
  assignLengths(literalCounts, literalLimit, literalLengths)
  assignLengths(distanceCounts, distanceLimit, distanceLengths)
  // A block without distances sends a code that is not used: some decoders want one.
  if (number === 0) distanceLengths[0] = 1
  setCodes(literalLengths, literalCodes)
  setCodes(distanceLengths, distanceCodes)
  writeHeader(literalLengths, distanceLengths)
  emit(bytes.length, number)
  putCode(literalCodes[endOfBlock] as number)
  align()
}

/** Writes what the scan noted: put() with its numbers in registers. */
function emit(length: number, number: number): void {
  let { position, bits, count } = cursor
  for (let i = 0, at = 0; ; i += 2) {
    const stop = i < number ? at + (sequences[i] as number) : length
    while (at < stop) {
      const code = literalCodes[input[at++] as number] as number
      bits |= (code >>> 4) << count
      count += code & 15
      outputView.setInt32(position, bits, true)
      position += count >> 3
      bits >>>= count & 24
      count &= 7
    }
    if (i >= number) break
    const match = sequences[i + 1] as number
    const distance = match & 0xffff
    const lengthSymbol = symbolOfLength[(match >>> 16) - minMatch] as number
    at += match >>> 16
    let code = literalCodes[endOfBlock + 1 + lengthSymbol] as number
    const extra = (match >>> 16) - minMatch - (firstLengths[lengthSymbol] as number)
    bits |= ((code >>> 4) | (extra << (code & 15))) << count
    count += (code & 15) + (lengthExtraBits[lengthSymbol] as number)
    outputView.setInt32(position, bits, true)
    position += count >> 3
    bits >>>= count & 24
    count &= 7

    const symbol = symbolOfDistance(distance)
    code = distanceCodes[symbol] as number
    bits |= (code >>> 4) << count
    count += code & 15
    outputView.setInt32(position, bits, true)
    position += count >> 3
    bits >>>= count & 24
    count &= 7
    if (symbol > 3) {
      const extraBits = (symbol >> 1) - 1
      bits |= ((distance - 1) & ((1 << extraBits) - 1)) << count
      count += extraBits
      outputView.setInt32(position, bits, true)
      position += count >> 3
      bits >>>= count & 24
      count &= 7
    }
  }
  cursor.position = position
  cursor.bits = bits
  cursor.count = count
}

function writeStored(bytes: Uint8Array): void {
  put(1, 3)
  align()
  put(bytes.length, 16)
  put(~bytes.length & 0xffff, 16)
  copy(bytes)
}

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
