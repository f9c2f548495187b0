// The header of a dynamic block (RFC 1951, 3.2.7): both alphabets as code lengths, themselves in runs and coded.
// native/deflate/src/header.rs is the twin.

import { setCodes, type BitWriter } from './bit-writer.ts'
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

export class Header {
  /** The value of the extra bits << 5 | the symbol. */
  readonly #runs = new Uint16Array(literalsAndLengths + distances)
  #number = 0
  readonly #counts = new Uint16Array(runSymbols)
  readonly #lengths = new Uint8Array(runSymbols)
  readonly #codes = new Int32Array(runSymbols)

  /** Writes the three bits of a last block and its header. */
  write(bits: BitWriter, literalLengths: Uint8Array, distanceLengths: Uint8Array): void {
    this.#number = 0
    this.#counts.fill(0)
    const literals = this.#add(literalLengths)
    const used = this.#add(distanceLengths)
    // The lengths of two alphabets take two run symbols at least, so the code for runs is complete.
    assignLengths(this.#counts, runLimit, this.#lengths)
    setCodes(this.#lengths, this.#codes)
    let sent = runSymbols
    while (sent > 4 && this.#lengths[order[sent - 1] as number] === 0) sent--
    bits.put(0b101, 3)
    bits.put(literals - 257, 5)
    bits.put(used - 1, 5)
    bits.put(sent - 4, 4)
    for (let i = 0; i < sent; i++) bits.put(this.#lengths[order[i] as number] as number, 3)
    for (let i = 0; i < this.#number; i++) {
      const run = this.#runs[i] as number
      const symbol = run & 31
      bits.putCode(this.#codes[symbol] as number)
      if (symbol >= repeat) bits.put(run >> 5, symbol === repeat ? 2 : symbol === zeros ? 3 : 7)
    }
  }

  /** Adds the lengths of an alphabet as runs, up to its last code, and returns their number. */
  #add(lengths: Uint8Array): number {
    let end = lengths.length
    while (lengths[end - 1] === 0) end--
    for (let at = 0; at < end;) {
      const length = lengths[at] as number
      let same = 1
      while (at + same < end && lengths[at + same] === length) same++
      at += same
      if (length === 0) this.#addZeros(same)
      else this.#addSame(length, same)
    }
    return end
  }

  #addZeros(number: number): void {
    let left = number
    for (; left >= 11; left -= Math.min(left, 138)) this.#push(manyZeros, Math.min(left, 138) - 11)
    if (left >= 3) this.#push(zeros, left - 3)
    else for (; left > 0; left--) this.#push(0, 0)
  }

  #addSame(length: number, number: number): void {
    this.#push(length, 0)
    let left = number - 1
    for (; left >= 3; left -= Math.min(left, 6)) this.#push(repeat, Math.min(left, 6) - 3)
    for (; left > 0; left--) this.#push(length, 0)
  }

  #push(symbol: number, value: number): void {
    this.#runs[this.#number++] = (value << 5) | symbol
    this.#counts[symbol] = (this.#counts[symbol] as number) + 1
  }
}
