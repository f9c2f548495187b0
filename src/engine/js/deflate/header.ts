// The header of a dynamic block (RFC 1951, 3.2.7): both alphabets as code lengths, themselves in runs and coded.
// native/deflate/src/header.rs is the twin.

import { put, putCode, setCodes } from './bit-writer.ts'
import { assignLengths } from './code-lengths.ts'
import { distances, literalsAndLengths } from './symbols.ts'

const runSymbols = 19
/** Repeats the length before, 3 to 6 times. */
const repeat = 16
/** 3 to 10 zeros. */
const zeros = 17
/** 11 to 138 zeros. */
const manyZeros = 18
/** Longest code of a run symbol. */
const runLimit = 7

/** The order in which their code lengths are sent: the rare ones last, so that they can be left out. */
const order = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)

/** The value of the extra bits << 5 | the symbol. */
const runs = new Uint16Array(literalsAndLengths + distances)
let number = 0
const counts = new Uint16Array(runSymbols)
const lengths = new Uint8Array(runSymbols)
const codes = new Int32Array(runSymbols)
/** How many lengths of each alphabet are sent: up to its last code. */
let literalEnd = 0
let distanceEnd = 0

/** Writes the three bits of a last block and its header. */
export function writeHeader(literalLengths: Uint8Array, distanceLengths: Uint8Array): void {
  const sent = encodeRuns(literalLengths, distanceLengths)
  setCodes(lengths, codes)
  put(0b101, 3)
  put(literalEnd - 257, 5)
  put(distanceEnd - 1, 5)
  put(sent - 4, 4)
  for (let i = 0; i < sent; i++) put(lengths[order[i] as number] as number, 3)
  for (let i = 0; i < number; i++) {
    const run = runs[i] as number
    const symbol = run & 31
    putCode(codes[symbol] as number)
    if (symbol >= repeat) put(run >> 5, extraBits(symbol))
  }
}

/** Bits that `writeHeader` would write. */
export function headerBits(literalLengths: Uint8Array, distanceLengths: Uint8Array): number {
  const sent = encodeRuns(literalLengths, distanceLengths)
  let bits = 3 + 5 + 5 + 4 + 3 * sent
  for (let symbol = 0; symbol < runSymbols; symbol++) {
    bits += (counts[symbol] as number) * ((lengths[symbol] as number) + (symbol < repeat ? 0 : extraBits(symbol)))
  }
  return bits
}

/** Makes the runs and their code lengths. Returns how many of these lengths are sent. */
function encodeRuns(literalLengths: Uint8Array, distanceLengths: Uint8Array): number {
  number = 0
  counts.fill(0)
  literalEnd = add(literalLengths)
  distanceEnd = add(distanceLengths)
  // The lengths of two alphabets take two run symbols at least, so the code for runs is complete.
  assignLengths(counts, runLimit, lengths)
  let sent = runSymbols
  while (sent > 4 && lengths[order[sent - 1] as number] === 0) sent--
  return sent
}

const extraBits = (symbol: number): number => (symbol === repeat ? 2 : symbol === zeros ? 3 : 7)

/** Adds the lengths of an alphabet as runs, up to its last code, and returns their number. */
function add(alphabet: Uint8Array): number {
  let end = alphabet.length
  while (alphabet[end - 1] === 0) end--
  for (let at = 0; at < end;) {
    const length = alphabet[at] as number
    let same = 1
    while (at + same < end && alphabet[at + same] === length) same++
    at += same
    if (length === 0) addZeros(same)
    else addSame(length, same)
  }
  return end
}

function addZeros(times: number): void {
  let left = times
  for (; left >= 11; left -= Math.min(left, 138)) push(manyZeros, Math.min(left, 138) - 11)
  if (left >= 3) push(zeros, left - 3)
  else for (; left > 0; left--) push(0, 0)
}

function addSame(length: number, times: number): void {
  push(length, 0)
  let left = times - 1
  for (; left >= 3; left -= Math.min(left, 6)) push(repeat, Math.min(left, 6) - 3)
  for (; left > 0; left--) push(length, 0)
}

function push(symbol: number, value: number): void {
  runs[number++] = (value << 5) | symbol
  counts[symbol] = (counts[symbol] as number) + 1
}
