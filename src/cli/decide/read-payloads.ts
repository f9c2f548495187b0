// Reads the payloads to measure: all of a small file, a sample that is spread over a large one.

import { closeSync, fstatSync, readSync, statSync } from 'node:fs'
import { openRegularFileSync } from '../../runtime/regular-file.ts'
import { markBytesOf } from '../input/decode-input.ts'
import type { SampleSource } from '../input/sample-files.ts'

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
export function readPayloads(samples: SampleSource): ReadPayloads {
  const { name, isInMemory } = samples
  const isLarge = !isInMemory && (statSync(name, { throwIfNoEntry: false })?.size ?? 0) > wholeBytes
  if (isLarge && /\.(?:ndjson|jsonl)$/.test(name)) {
    const lines = linesInPlaces(name)
    if (lines.length > 0) return { payloads: thinned(lines), read: lines.length, isSample: true }
  }
  const payloads: Uint8Array[] = []
  let bytes = 0
  for (const payload of samples) {
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

/** The first whole line behind each of many places of the file, each line once. */
function linesInPlaces(file: string): Uint8Array[] {
  const descriptor = openRegularFileSync(file, 'samples')
  try {
    const { size } = fstatSync(descriptor)
    const lines = new Map<number, Uint8Array>()
    for (let i = 0; i < mostPayloads; i++) {
      const from = startBehind(descriptor, Math.floor((i * size) / mostPayloads))
      const line = from === undefined || lines.has(from) ? undefined : lineAt(descriptor, from)
      if (from !== undefined && line?.some((byte) => byte > 0x20) === true) lines.set(from, line)
    }
    return [...lines.values()]
  } finally {
    closeSync(descriptor)
  }
}

/** Where a line begins; that of the file behind its byte order mark. */
function startBehind(descriptor: number, place: number): number | undefined {
  if (place === 0) {
    const head = new Uint8Array(4)
    return markBytesOf(head.subarray(0, readSync(descriptor, head, 0, head.length, 0)))
  }
  const skipped = indexOfBreak(descriptor, place)
  return skipped === undefined ? undefined : place + skipped
}

function lineAt(descriptor: number, from: number): Uint8Array | undefined {
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
