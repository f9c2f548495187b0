// The frame of a command that turns lines into lines: its files, its streams, ^C, a reader that goes away, progress.
// What becomes of a line is the command's.

import { createReadStream, createWriteStream, openSync, statSync, type Stats } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { UsageError } from './command.ts'
import { sizeOf, type Io } from './io.ts'
import { linesOf, type Line } from './ndjson.ts'
import { Progress } from './progress.ts'
import { Sink } from './buffered-writer.ts'

export interface LineJobOptions {
  /** The command, for its complaints. */
  readonly topic: string
  /** Path of the input; undefined or "-" is stdin. */
  readonly in: string | undefined
  /** Path of the output; undefined or "-" is stdout. */
  readonly out: string | undefined
  /** Path for bad lines; undefined is stderr. */
  readonly bad: string | undefined
  readonly quiet: boolean
}

/** Why it ended: the input did, ^C, or nobody reads the output any more. */
export type Ending = 'done' | 'interrupted' | 'unread'

export class LineJob {
  /** Lines taken on and answered, and bytes read. The command counts the bad ones. */
  readonly counts: { bytes: number; lines: number; bad: number } = { bytes: 0, lines: 0, bad: 0 }
  readonly out: Sink
  readonly bad: Sink
  readonly #io: Io
  readonly #input: Readable
  readonly #progress: Progress
  readonly #ends: readonly (readonly [Sink, boolean])[]
  readonly #quiet: boolean
  #ending: Ending | undefined
  #failure: Error | undefined

  /** Opens the files. Throws UsageError where one cannot be opened, before any is written. */
  constructor(io: Io, options: LineJobOptions) {
    const streams = io.streams()
    const input = openInput(options)
    checkTargets(options)
    const output = openOutput(options.topic, options.out)
    const bad = openOutput(options.topic, options.bad)
    this.#io = io
    this.#quiet = options.quiet
    this.#input = input === undefined ? streams.input : createReadStream('', { fd: input, highWaterMark: 256 * 1024 })
    this.out = new Sink(output ?? streams.output, (error) => this.#stop('unread', error))
    // Who does not read the bad lines may still want the good ones, unless it is a file that is full.
    this.bad = new Sink(bad ?? streams.talk, (error) => error.code !== 'EPIPE' && this.#stop('unread', error))
    this.#ends = [
      [this.out, output !== undefined],
      [this.bad, bad !== undefined],
    ]
    this.#progress = new Progress(streams, input === undefined ? streams.inputBytes : sizeOf(input), () => this.counts)
  }

  /** True when no further line is begun. */
  get stopped(): boolean {
    return this.#ending !== undefined
  }

  /** The input's lines, until it ends or the job is stopped. One of more than `maxBytes` bytes comes as a fault. */
  async *lines(maxBytes: number): AsyncGenerator<Line, void, undefined> {
    const took = (bytes: number): void => void (this.counts.bytes += bytes)
    try {
      for await (const line of linesOf(this.#input, maxBytes, took)) {
        if (this.stopped) return
        yield line
      }
    } catch (error) {
      // The input was destroyed by us.
      if (!this.stopped) throw error
    }
  }

  /** The whole input, cut after one byte more than `mostBytes`. */
  async whole(mostBytes: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    for await (const chunk of this.#input as AsyncIterable<Uint8Array>) {
      chunks.push(chunk)
      this.counts.bytes += chunk.length
      if (this.counts.bytes > mostBytes) break
    }
    return new Uint8Array(Buffer.concat(chunks))
  }

  /** One bad line, as JSON. */
  reject(problem: object): void {
    this.counts.bad++
    this.#progress.clear()
    this.bad.text(`${JSON.stringify(problem)}\n`)
  }

  /** Waits until the streams have taken what is written, when that is much. */
  async room(): Promise<void> {
    if (this.out.full) await this.out.flush()
    if (this.bad.full) await this.bad.flush()
  }

  /** Runs the work between opening and closing. Throws what the work throws, and what a stream failed with. */
  async run(work: () => Promise<void>): Promise<Ending> {
    process.on('SIGINT', this.#interrupt)
    if (!this.#quiet) this.#progress.start()
    try {
      await work()
    } finally {
      this.#progress.end()
      this.#input.destroy()
      for (const [sink, ends] of this.#ends) await sink.close(ends)
      process.off('SIGINT', this.#interrupt)
    }
    if (this.#failure !== undefined) throw this.#failure
    return this.#ending ?? 'done'
  }

  /** Talk that a quiet job does without. */
  talk(text: string): void {
    this.#progress.clear()
    if (!this.#quiet) this.#io.talk(text)
  }

  readonly #interrupt = (): void => {
    // The second ^C means now.
    if (this.#ending === 'interrupted') process.exit(130)
    this.#stop('interrupted')
  }

  #stop(ending: Ending, failure?: NodeJS.ErrnoException): void {
    if (failure !== undefined && failure.code !== 'EPIPE') this.#failure ??= failure
    this.#ending ??= ending
    this.#input.destroy()
  }
}

function openInput({ topic, in: path }: LineJobOptions): number | undefined {
  if (path === undefined || path === '-') return undefined
  try {
    const descriptor = openSync(path, 'r')
    if (statSync(path).isDirectory()) throw new Error('it is a folder')
    return descriptor
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new UsageError(topic, code === 'ENOENT' ? `There is no file ${path}` : `Cannot read ${path}: ${message}`, {
      cause,
    })
  }
}

function openOutput(topic: string, path: string | undefined): Writable | undefined {
  if (path === undefined || path === '-') return undefined
  try {
    return createWriteStream('', { fd: openSync(path, 'w') })
  } catch (cause) {
    throw new UsageError(topic, `Cannot write ${path}: ${(cause as Error).message}`, { cause })
  }
}

/** To open a file for writing empties it: not the one that is still to be read, and not one for two streams. */
function checkTargets({ topic, in: source, out, bad }: LineJobOptions): void {
  const from = source === undefined || source === '-' ? undefined : fileAt(source)
  const first = fileAt(out)
  const second = fileAt(bad)
  for (const [path, file] of [[out, first] as const, [bad, second] as const]) {
    if (file !== undefined && from !== undefined && sameFile(file, from))
      throw new UsageError(topic, `${path} is the input itself`)
  }
  if (
    out !== undefined &&
    out !== '-' &&
    (out === bad || (first !== undefined && second !== undefined && sameFile(first, second)))
  )
    throw new UsageError(topic, `${out} cannot take both the results and the bad lines`)
}

const sameFile = (one: Stats, other: Stats): boolean => one.isFile() && one.dev === other.dev && one.ino === other.ino

const fileAt = (path: string | undefined): Stats | undefined =>
  path === undefined || path === '-' ? undefined : statSync(path, { throwIfNoEntry: false })
