// Log lines: JSON to a descriptor that may be slow, full or gone. A line is written at once, kept for a moment, or dropped
// and counted; nobody waits for it. What is worth a line is decided in telemetry.ts.

import { fstatSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { logEvents } from '../tables/daemon-texts.ts'

export type LogEvent = keyof typeof logEvents

/** Where lines go: false when it cannot take one. */
export type LineSink = (line: string) => boolean

/** More than that does not wait for a slow reader. */
const mostPendingBytes = 65_536

export class Log {
  /** Lines that nobody took. */
  dropped = 0
  #untold = 0
  readonly #sink: LineSink

  constructor(sink: LineSink) {
    this.#sink = sink
  }

  /** Text in `fields` is escaped as JSON does. `level`: where it is not that of the event. */
  write(event: LogEvent, fields: Readonly<Record<string, unknown>> = {}, level?: 'error'): void {
    if (this.#untold > 0 && this.#put('log_dropped', { count: this.#untold })) this.#untold = 0
    if (!this.#put(event, fields, level)) this.#untold++
  }

  #put(event: LogEvent, fields: Readonly<Record<string, unknown>>, level: string = logEvents[event]): boolean {
    const line = { time: new Date().toISOString(), level, event, ...fields }
    const taken = this.#sink(`${escaped(JSON.stringify(line))}\n`)
    if (!taken) this.dropped++
    return taken
  }
}

/** Nothing in a line moves the cursor of a terminal or breaks the line: JSON lets DEL, C1 and U+2028 through. */
const escaped = (text: string): string =>
  text.replaceAll(/[\u007f-\u009f\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A sink for an open descriptor. */
export function descriptorSink(descriptor: number): LineSink {
  const stats = fstatSync(descriptor)
  // A pipe or a socket may be full: libuv keeps the rest, and how much that is can be asked.
  if (stats.isFIFO() || stats.isSocket()) return pipeSink(descriptor)
  return (line) => {
    try {
      return writeSync(descriptor, line) === Buffer.byteLength(line)
    } catch {
      // A full disk, a terminal that is gone.
      return false
    }
  }
}

function pipeSink(descriptor: number): LineSink {
  const pipe = new Socket({ fd: descriptor, readable: false, writable: true })
  let gone = false
  pipe.on('error', () => (gone = true))
  // A log alone does not keep the process.
  pipe.unref()
  return (line) => {
    if (gone || pipe.writableLength + line.length > mostPendingBytes) return false
    pipe.write(line)
    return true
  }
}
