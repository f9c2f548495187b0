// Log lines as JSON on a descriptor that may be slow, full or closed: writing never blocks, and lines that do not fit are
// dropped and counted.

import { fstatSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { logEvents } from '../tables/daemon-texts.ts'

export type LogEvent = keyof typeof logEvents

/** Takes a line; false: the line is dropped. */
export type LineSink = (line: string) => boolean

/** Of lines that a slow reader has not taken yet. */
const maxPendingBytes = 65_536

export class Log {
  /** Lines that were dropped. */
  dropped = 0
  /** Of them, those that no `log_dropped` line has reported. */
  #unreported = 0
  readonly #sink: LineSink

  constructor(sink: LineSink) {
    this.#sink = sink
  }

  /** Text in `fields` is escaped as JSON does. `level`: where it is not that of the event. */
  write(event: LogEvent, fields: Readonly<Record<string, unknown>> = {}, level?: 'error'): void {
    if (this.#unreported > 0 && this.#put('log_dropped', { count: this.#unreported })) this.#unreported = 0
    if (!this.#put(event, fields, level)) this.#unreported++
  }

  #put(event: LogEvent, fields: Readonly<Record<string, unknown>>, level: string = logEvents[event]): boolean {
    const line = { time: new Date().toISOString(), level, event, ...fields }
    const taken = this.#sink(`${escaped(JSON.stringify(line))}\n`)
    if (!taken) this.dropped++
    return taken
  }
}

/** Escapes what JSON does not and a terminal may interpret: DEL, C1 controls and U+2028. */
const escaped = (text: string): string =>
  text.replaceAll(/[\u007f-\u009f\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A sink for an open descriptor. */
export function descriptorSink(descriptor: number): LineSink {
  const stats = fstatSync(descriptor)
  // A pipe or a socket may be full. libuv then buffers the rest and reports its size.
  if (stats.isFIFO() || stats.isSocket()) return pipeSink(descriptor)
  return (line) => {
    try {
      return writeSync(descriptor, line) === Buffer.byteLength(line)
    } catch {
      // The disk is full or the terminal is closed.
      return false
    }
  }
}

function pipeSink(descriptor: number): LineSink {
  const pipe = new Socket({ fd: descriptor, readable: false, writable: true })
  let isClosed = false
  pipe.on('error', () => (isClosed = true))
  // Pending lines do not keep the process alive.
  pipe.unref()
  return (line) => {
    if (isClosed || pipe.writableLength + line.length > maxPendingBytes) return false
    pipe.write(line)
    return true
  }
}
