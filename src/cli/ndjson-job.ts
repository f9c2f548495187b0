// Runs a command that maps NDJSON to NDJSON: files, streams, ^C, closed outputs, progress. The commands process and
// inspect supply the work for each line.

import { createReadStream, createWriteStream, openSync, statSync, type Stats } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { isBlank, LineSplitter, type Line } from '../ndjson/index.ts'
import { BufferedWriter } from './buffered-writer.ts'
import { UsageError } from './command.ts'
import { sizeOf, type Io } from './io.ts'
import { Progress } from './progress.ts'

export interface NdjsonJobOptions {
  /** The command, for usage errors. */
  readonly topic: string
  /** Path of the input; undefined or "-" is stdin. */
  readonly in: string | undefined
  /** Path of the output; undefined or "-" is stdout. */
  readonly out: string | undefined
  /** Path of the rejects; undefined is stderr. */
  readonly rejects: string | undefined
  readonly quiet: boolean
}

/** `done`: the input ended. `interrupted`: ^C. `outputClosed`: the output accepts no more bytes. */
export type StopReason = 'done' | 'interrupted' | 'outputClosed'

export class NdjsonJob {
  /** Bytes read, lines processed (counted by the command), and rejects. */
  readonly counts: { bytes: number; lines: number; bad: number } = { bytes: 0, lines: 0, bad: 0 }
  readonly out: BufferedWriter
  readonly #rejects: BufferedWriter
  readonly #io: Io
  readonly #input: Readable
  readonly #progress: Progress
  /** The writers; true where this job opened the stream, and so ends it. */
  readonly #writers: readonly (readonly [BufferedWriter, boolean])[]
  readonly #quiet: boolean
  #reason: StopReason | undefined
  #failure: Error | undefined

  /** Opens the files. Throws UsageError where one cannot be opened, before any output file is truncated. */
  constructor(io: Io, options: NdjsonJobOptions) {
    const streams = io.streams()
    const input = openInput(options)
    checkOutputs(options)
    const output = openOutput(options.topic, options.out)
    const rejects = openOutput(options.topic, options.rejects)
    this.#io = io
    this.#quiet = options.quiet
    this.#input = input === undefined ? streams.input : createReadStream('', { fd: input, highWaterMark: 256 * 1024 })
    this.out = new BufferedWriter(output ?? streams.output, (error) => this.#stop('outputClosed', error))
    // A closed pipe for rejects does not stop the job; any other error, such as a full disk, does.
    this.#rejects = new BufferedWriter(
      rejects ?? streams.log,
      (error) => error.code !== 'EPIPE' && this.#stop('outputClosed', error),
    )
    this.#writers = [
      [this.out, output !== undefined],
      [this.#rejects, rejects !== undefined],
    ]
    this.#progress = new Progress(streams, input === undefined ? streams.inputBytes : sizeOf(input), () => this.counts)
  }

  /** True when no further line may be started. */
  get stopped(): boolean {
    return this.#reason !== undefined
  }

  /**
   * The lines of the input that are not blank, until the input ends or the job stops. A line of more than `maxBytes`
   * bytes is replaced by an error.
   */
  async *lines(maxBytes: number): AsyncGenerator<Line, void, undefined> {
    const splitter = new LineSplitter(maxBytes)
    try {
      for await (const chunk of this.#input as AsyncIterable<Uint8Array>) {
        this.counts.bytes += chunk.length
        for (const line of splitter.split(chunk)) {
          if (this.stopped) return
          if (!isBlank(line)) yield line
        }
      }
    } catch (error) {
      // `#stop` destroys the input.
      if (!this.stopped) throw error
    }
    if (this.stopped) return
    for (const line of splitter.end()) if (!isBlank(line)) yield line
  }

  /** The whole input. Stops reading once it has more than `maxBytes` bytes. */
  async readAll(maxBytes: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    for await (const chunk of this.#input as AsyncIterable<Uint8Array>) {
      chunks.push(chunk)
      this.counts.bytes += chunk.length
      if (this.counts.bytes > maxBytes) break
    }
    return new Uint8Array(Buffer.concat(chunks))
  }

  /** Writes one reject as a line of JSON. */
  reject(problem: object): void {
    this.counts.bad++
    this.#progress.clear()
    this.#rejects.writeText(`${JSON.stringify(problem)}\n`)
  }

  /** Backpressure: waits for the outputs when their buffers are full. */
  async drain(): Promise<void> {
    if (this.out.full) await this.out.flush()
    if (this.#rejects.full) await this.#rejects.flush()
  }

  /** Runs the work, then flushes and closes the outputs. Throws the error of the work or of a stream. */
  async run(work: () => Promise<void>): Promise<StopReason> {
    process.on('SIGINT', this.#interrupt)
    if (!this.#quiet) this.#progress.start()
    try {
      await work()
    } finally {
      this.#progress.end()
      this.#input.destroy()
      for (const [writer, isOwn] of this.#writers) await writer.close(isOwn)
      process.off('SIGINT', this.#interrupt)
    }
    if (this.#failure !== undefined) throw this.#failure
    return this.#reason ?? 'done'
  }

  /** Writes a line to stderr, unless the job is quiet. */
  log(text: string): void {
    this.#progress.clear()
    if (!this.#quiet) this.#io.log(text)
  }

  readonly #interrupt = (): void => {
    // The second ^C ends the process at once.
    if (this.#reason === 'interrupted') process.exit(130)
    this.#stop('interrupted')
  }

  #stop(reason: StopReason, failure?: NodeJS.ErrnoException): void {
    if (failure !== undefined && failure.code !== 'EPIPE') this.#failure ??= failure
    this.#reason ??= reason
    this.#input.destroy()
  }
}

function openInput({ topic, in: path }: NdjsonJobOptions): number | undefined {
  if (path === undefined || path === '-') return undefined
  try {
    const descriptor = openSync(path, 'r')
    if (statSync(path).isDirectory()) throw new Error('it is a directory')
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

/** Opening a file for writing truncates it, so an output must differ from the input and from the other output. */
function checkOutputs({ topic, in: source, out, rejects }: NdjsonJobOptions): void {
  const from = source === undefined || source === '-' ? undefined : fileAt(source)
  const first = fileAt(out)
  const second = fileAt(rejects)
  for (const [path, file] of [[out, first] as const, [rejects, second] as const]) {
    if (file !== undefined && from !== undefined && sameFile(file, from))
      throw new UsageError(topic, `${path} is the input itself`)
  }
  if (
    out !== undefined &&
    out !== '-' &&
    (out === rejects || (first !== undefined && second !== undefined && sameFile(first, second)))
  )
    throw new UsageError(topic, `${out} cannot take both the results and the rejects`)
}

const sameFile = (one: Stats, other: Stats): boolean => one.isFile() && one.dev === other.dev && one.ino === other.ino

const fileAt = (path: string | undefined): Stats | undefined =>
  path === undefined || path === '-' ? undefined : statSync(path, { throwIfNoEntry: false })
