// Log lines as JSON on a descriptor that may be slow, full or closed: writing never blocks, and lines that do not fit are
// dropped and counted.

import { fstatSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { logEvents, stateEvents } from '../tables/daemon-texts.ts'

export type LogEvent = keyof typeof logEvents

export interface LineSink {
  /** Takes a line; false: the line is dropped. `isState`: of `stateEvents`. */
  write(line: string, isState: boolean): boolean
  /** Called for each line that was taken and is lost. */
  onLost: (() => void) | undefined
}

/** Of lines that a slow reader has not taken yet. */
const maxPendingBytes = 65_536
/** Then no line is taken. Those of `stateEvents` may have any size. */
const maxPendingStateBytes = 2 * maxPendingBytes
const states: ReadonlySet<LogEvent> = new Set(stateEvents)

export class Log {
  /** Lines that were dropped. */
  dropped = 0
  /** Of them, those that no `log_dropped` line has reported. */
  #unreported = 0
  readonly #sink: LineSink

  constructor(sink: LineSink) {
    this.#sink = sink
    sink.onLost = () => this.#drop()
  }

  /** Text in `fields` is escaped as JSON does. `level`: where it is not that of the event. */
  write(event: LogEvent, fields: Readonly<Record<string, unknown>> = {}, level?: 'error'): void {
    const count = this.#unreported
    // A report that is lost is reported again.
    if (count > 0 && this.#put('log_dropped', { count })) this.#unreported -= count
    if (!this.#put(event, fields, level)) this.#drop()
  }

  #drop(): void {
    this.dropped++
    this.#unreported++
  }

  #put(event: LogEvent, fields: Readonly<Record<string, unknown>>, level: string = logEvents[event]): boolean {
    const line = { time: new Date().toISOString(), level, event, ...fields }
    return this.#sink.write(`${escaped(JSON.stringify(line))}\n`, states.has(event))
  }
}

/** Escapes what JSON does not and a terminal may interpret: DEL, C1 controls and U+2028. */
const escaped = (text: string): string =>
  text.replaceAll(/[\u007f-\u009f\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A sink for an open descriptor. */
export function descriptorSink(descriptor: number): LineSink {
  const stats = fstatSync(descriptor)
  // A pipe or a socket may be full. libuv then buffers the rest and reports its size.
  return stats.isFIFO() || stats.isSocket() ? pipeSink(descriptor) : fileSink(descriptor)
}

/** A file or a device that may be full, fail, or be closed. */
function fileSink(descriptor: number): LineSink {
  /** The last write stopped within a line. */
  let isTorn = false
  return {
    onLost: undefined,
    write(line) {
      const bytes = Buffer.from(isTorn ? `\n${line}` : line)
      let written = 0
      try {
        while (written < bytes.length) written += writeSync(descriptor, bytes, written)
        isTorn = false
      } catch {
        // Full, above a quota or RLIMIT_FSIZE, a defect, or the terminal is closed. A line break alone ends the torn line.
        if (written > 0) isTorn = written > 1 || !isTorn
      }
      return written === bytes.length
    },
  }
}

function pipeSink(descriptor: number): LineSink {
  const pipe = new Socket({ fd: descriptor, readable: false, writable: true })
  let isClosed = false
  pipe.on('error', () => (isClosed = true))
  // Pending lines do not keep the process alive.
  pipe.unref()
  const sink: LineSink = {
    onLost: undefined,
    write(line, isState) {
      const isFull = isState
        ? pipe.writableLength > maxPendingStateBytes
        : pipe.writableLength + line.length > maxPendingBytes
      if (isClosed || isFull) return false
      // The reader may be gone: that is known later.
      pipe.write(line, (error) => error && sink.onLost?.())
      return true
    },
  }
  return sink
}
