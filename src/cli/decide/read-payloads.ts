// Reads the payloads to measure: all of a small file, a sample that is spread over a large one.

import { closeSync, fstatSync, readSync, statSync } from 'node:fs'
import { openRegularFileSync } from '../../runtime/regular-file.ts'
import { openSamples } from '../input/sample-files.ts'

export interface ReadPayloads {
  readonly payloads: readonly Uint8Array[]
  /** Payloads read, of which these are a part. */
  readonly read: number
  /** True: the file has more than were read. */
  readonly isSample: boolean
}

/** Most payloads, and most bytes of all of them; always one. */
const [mostPayloads, mostBytes] = [256, 2_097_152]
/** A file of lines above this size is read in places, another one up to this size. */
const wholeBytes = 67_108_864
/** The longest line of a large file. */
const maxLineBytes = 4_194_304
const lineChunk = 65_536

/** Throws FileError. */
export function readPayloads(file: string): ReadPayloads {
  const isLarge = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > wholeBytes
  if (isLarge && /\.(?:ndjson|jsonl)$/.test(file)) {
    const lines = linesInPlaces(file)
    if (lines.length > 0) return { payloads: thinned(lines), read: lines.length, isSample: true }
  }
  const payloads: Uint8Array[] = []
  let bytes = 0
  for (const payload of openSamples(file)) {
    if (bytes > 0 && bytes + payload.length > wholeBytes) {
      return { payloads: thinned(payloads), read: payloads.length, isSample: true }
    }
    payloads.push(payload)
    bytes += payload.length
  }
  return { payloads: thinned(payloads), read: payloads.length, isSample: false }
}

/** Evenly spread. */
function thinned(payloads: readonly Uint8Array[]): Uint8Array[] {
  const total = payloads.reduce((sum, { length }) => sum + length, 0)
  const fitting = Math.floor((payloads.length * mostBytes) / Math.max(1, total))
  const keep = Math.min(payloads.length, Math.max(1, Math.min(mostPayloads, fitting)))
  return Array.from({ length: keep }, (_, i) => payloads[Math.floor((i * payloads.length) / keep)] as Uint8Array)
}

/** The first whole line behind each of many places of the file. */
function linesInPlaces(file: string): Uint8Array[] {
  const descriptor = openRegularFileSync(file, 'samples')
  try {
    const { size } = fstatSync(descriptor)
    const lines = Array.from({ length: mostPayloads }, (_, i) =>
      lineBehind(descriptor, Math.floor((i * size) / mostPayloads)),
    )
    return lines.filter((line) => line !== undefined && line.some((byte) => byte > 0x20)) as Uint8Array[]
  } finally {
    closeSync(descriptor)
  }
}

function lineBehind(descriptor: number, place: number): Uint8Array | undefined {
  const skipped = place === 0 ? 0 : indexOfBreak(descriptor, place)
  if (skipped === undefined) return undefined
  const from = place + skipped
  const length = indexOfBreak(descriptor, from)
  if (length === undefined) return undefined
  const line = new Uint8Array(length - 1)
  readSync(descriptor, line, 0, line.length, from)
  return line
}

/** Bytes up to the next line break, which is included; undefined: there is none within the longest line. */
function indexOfBreak(descriptor: number, from: number): number | undefined {
  const chunk = new Uint8Array(lineChunk)
  for (let at = 0; at < maxLineBytes; at += lineChunk) {
    const read = readSync(descriptor, chunk, 0, lineChunk, from + at)
    const index = chunk.subarray(0, read).indexOf(0x0a)
    if (index !== -1) return at + index + 1
    if (read < lineChunk) return undefined
  }
  return undefined
}
