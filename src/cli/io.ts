// Where a command reads and writes: data to stdout, talk to stderr. Tests hand in their own.

import { fstatSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { styleText } from 'node:util'

export interface Io {
  /** Data, for the next program in the pipe. */
  data(text: string): void
  /** Talk, for the person in front of it. */
  talk(text: string): void
  /** Emphasis in data that is for reading; plain where stdout is no terminal or NO_COLOR is set. */
  readonly style: (kind: 'bold' | 'dim', text: string) => string
  /** The streams themselves, for a command that moves much. It deals with their errors. */
  streams(): Streams
}

export interface Streams {
  readonly input: Readable
  /** Size of the input where it is a file. */
  readonly inputBytes: number | undefined
  readonly output: Writable
  readonly talk: Writable
  /** Columns of the terminal that shows the talk; undefined when nobody watches it. */
  readonly columns: () => number | undefined
}

/** The streams of this process. A reader that goes away early (`| head`) ends the process quietly. */
export function processIo(): Io {
  let taken = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (taken) return
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
  const color = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === ''
  return {
    data: (text) => void process.stdout.write(text),
    talk: (text) => void process.stderr.write(`${text}\n`),
    style: (kind, text) => (color ? styleText(kind, text) : text),
    streams: () => {
      taken = true
      return {
        input: process.stdin,
        inputBytes: sizeOf(0),
        output: process.stdout,
        talk: process.stderr,
        columns: () =>
          process.stderr.isTTY && process.env['TERM'] !== 'dumb' ? process.stderr.columns || 80 : undefined,
      }
    },
  }
}

/** Size of an open regular file; undefined for pipes, terminals and closed descriptors. */
export function sizeOf(descriptor: number): number | undefined {
  try {
    const stat = fstatSync(descriptor)
    return stat.isFile() ? stat.size : undefined
  } catch {
    return undefined
  }
}
