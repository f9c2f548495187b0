// The streams of a command: results go to stdout, messages to stderr.

import { fstatSync, type Stats } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { styleText } from 'node:util'
import { exitCodes } from './exit-codes.ts'

export interface Io {
  /** Writes results to stdout. */
  print(text: string): void
  /** Writes one line for the user to stderr. */
  log(text: string): void
  /** Emphasizes text for stdout; plain when stdout is not a terminal or NO_COLOR is set. */
  readonly style: (kind: 'bold' | 'dim', text: string) => string
  /** Stderr, for a progress line. */
  readonly terminal: Terminal
  /** Stdin. */
  input(): Readable
  /** The streams themselves, for a command that moves large amounts. It handles their errors. */
  streams(): Streams
}

export interface Terminal {
  readonly log: Writable
  /** Columns of the terminal on stderr; undefined when stderr is not a terminal. */
  readonly columns: () => number | undefined
}

export interface Streams extends Terminal {
  /** Size of stdin; undefined when it is not a file. */
  readonly inputBytes: number | undefined
  readonly output: Writable
}

/**
 * The streams of this process. When the reader closes stdout (`| head`), the process ends without a message, as programs
 * do that SIGPIPE ends.
 */
export function processIo(): Io {
  let handedOut = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (handedOut) return
    if (error.code === 'EPIPE') process.exit(exitCodes.outputClosed)
    process.stderr.write(`sidelane: Cannot write stdout: ${error.message}\n`)
    process.exit(exitCodes.rejected)
  })
  // Without stderr there is no place for messages.
  process.stderr.on('error', () => undefined)
  const terminal: Terminal = {
    log: process.stderr,
    columns: () => (process.stderr.isTTY && process.env['TERM'] !== 'dumb' ? process.stderr.columns || 80 : undefined),
  }
  const color = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === ''
  return {
    print: (text) => void process.stdout.write(text),
    log: (text) => void process.stderr.write(`${text}\n`),
    style: (kind, text) => (color ? styleText(kind, text) : text),
    terminal,
    input: () => process.stdin,
    streams: () => {
      handedOut = true
      return {
        inputBytes: sizeOf(0),
        output: process.stdout,
        ...terminal,
      }
    },
  }
}

/** Size of an open regular file; undefined for pipes, terminals and closed descriptors. */
export function sizeOf(descriptor: number): number | undefined {
  const stat = statOf(descriptor)
  return stat?.isFile() === true ? stat.size : undefined
}

/** Undefined for a descriptor that is closed. */
export function statOf(descriptor: number): Stats | undefined {
  try {
    return fstatSync(descriptor)
  } catch {
    return undefined
  }
}
