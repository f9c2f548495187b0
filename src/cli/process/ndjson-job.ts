// Runs a command that maps payloads to NDJSON: files, streams, signals, closed outputs, progress, summary. The commands process
// and inspect supply the work for each payload.

import { createReadStream, createWriteStream, openSync, statSync, type Stats } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { BufferedWriter } from '../buffered-writer.ts'
import { exitCodes, UsageError, type ExitCode } from '../command.ts'
import { decodeInput } from '../input/decode-input.ts'
import { formatCount, formatDuration } from '../format-units.ts'
import { sizeOf, statOf, type Io } from '../io.ts'
import { stdinOption } from '../options.ts'
import { expectNoInput, isSameFile, statAt, writeErrorText } from '../output-file.ts'
import { Progress } from '../progress.ts'
import type { InputPayload, PayloadSplitter } from '../input/payload-splitter.ts'
import { WrittenTally } from './written-tally.ts'

export interface NdjsonJobOptions {
  /** The command, for usage errors. */
  readonly topic: string
  /** Path of the input; undefined or "-" is stdin. */
  readonly in?: string | undefined
  /** Path of the output; undefined or "-" is stdout. */
  readonly out?: string | undefined
  /** Path of the rejects; undefined is stderr, and "-" stdout. */
  readonly rejects?: string | undefined
  /** Other files that the command reads. */
  readonly reads?: readonly (string | undefined)[]
  readonly quiet?: boolean
}

/** Why a job stops before the end of its input, with its exit code. */
const stopCodes = {
  interrupted: exitCodes.interrupted,
  terminated: exitCodes.terminated,
  /** The output accepts no more bytes. An error other than that of a closed pipe is also thrown. */
  'the output was closed': exitCodes.outputClosed,
} as const
type StopReason = keyof typeof stopCodes

const signals = { SIGINT: 'interrupted', SIGTERM: 'terminated' } as const

export class NdjsonJob {
  /** Bytes read, payloads processed (counted by the command), and rejects. */
  readonly counts: { bytes: number; lines: number; bad: number } = { bytes: 0, lines: 0, bad: 0 }
  /** The results that the output has taken. */
  readonly written: WrittenTally = new WrittenTally()
  readonly out: BufferedWriter
  readonly #rejects: BufferedWriter
  readonly #io: Io
  readonly #input: Readable
  readonly #progress: Progress
  readonly #quiet: boolean
  #reason: StopReason | undefined
  #signalled = false
  #failure: Error | undefined

  /** Opens the files. Throws UsageError where one cannot be opened, before any output file is truncated. */
  constructor(io: Io, options: NdjsonJobOptions) {
    const streams = io.streams()
    const input = openInput(options)
    const stdin = input === undefined ? stdinOption(options.topic, io) : undefined
    checkOutputs(options)
    const output = openOutput(options.topic, options.out)
    const rejects = openOutput(options.topic, options.rejects)
    this.#io = io
    this.#quiet = options.quiet ?? false
    this.#input = stdin ?? createReadStream('', { fd: input as number, highWaterMark: 256 * 1024 })
    this.out = new BufferedWriter(output ?? streams.output, {
      isOwned: output !== undefined,
      onFailure: (error) => this.#stop('the output was closed', outputError(options.out ?? 'stdout', error)),
      onWritten: (bytes) => this.written.written(bytes),
    })
    this.#rejects = new BufferedWriter(rejects ?? (options.rejects === '-' ? streams.output : streams.log), {
      isOwned: rejects !== undefined,
      onFailure: (error) => {
        const failure = outputError(options.rejects ?? 'stderr', error)
        // A closed stderr does not stop the job; any other error, such as a full disk, does.
        if (failure !== undefined || options.rejects === '-') this.#stop('the output was closed', failure)
      },
    })
    this.#progress = new Progress(streams, input === undefined ? streams.inputBytes : sizeOf(input), () => this.counts)
  }

  /**
   * What the splitter makes of the input, until the input ends or the job stops. The splitter gets UTF-8, decompressed where
   * the input is compressed.
   */
  async *read(splitter: PayloadSplitter): AsyncGenerator<InputPayload, void, undefined> {
    try {
      for await (const chunk of decodeInput(this.#chunks(), this.note)) {
        for (const payload of splitter.split(chunk)) {
          if (this.#reason !== undefined) return
          yield payload
        }
      }
    } catch (error) {
      // `#stop` destroys the input.
      if (this.#reason === undefined) throw error
    }
    if (this.#reason !== undefined) return
    for (const payload of splitter.end()) yield payload
  }

  async *#chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of this.#input as AsyncIterable<Uint8Array>) {
      this.counts.bytes += chunk.length
      yield chunk
    }
  }

  /** Tells the user something about the input, unless the job is quiet. */
  readonly note = (text: string): void => {
    if (this.#quiet) return
    this.#progress.clear()
    this.#io.log(`sidelane: ${text}`)
  }

  /** The whole input; undefined where the job stops before. Stops reading once it has more than `maxBytes` bytes. */
  async readAll(maxBytes: number): Promise<Uint8Array | undefined> {
    const chunks: Uint8Array[] = []
    try {
      for await (const chunk of this.#chunks()) {
        chunks.push(chunk)
        if (this.counts.bytes > maxBytes) break
      }
    } catch (error) {
      // `#stop` destroys the input.
      if (this.#reason === undefined) throw error
    }
    if (this.#reason !== undefined) return undefined
    return new Uint8Array(Buffer.concat(chunks))
  }

  /** The result that was appended to `out` is whole. */
  accept(inBytes: number, outBytes: number): void {
    this.written.add(this.out.appended, inBytes, outBytes)
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

  /**
   * Runs the work, flushes and closes the outputs, and writes the summary to stderr unless the job is quiet: also where
   * the work or a stream fails, whose error is then thrown.
   */
  async run(work: () => Promise<void>, summaryOf: (rate: string) => string): Promise<ExitCode> {
    const from = performance.now()
    for (const name of Object.keys(signals)) process.on(name, this.#onSignal)
    if (!this.#quiet) this.#progress.start()
    try {
      await work()
    } catch (error) {
      this.#failure ??= error as Error
    } finally {
      this.#progress.end()
      this.#input.destroy()
      await this.out.close()
      await this.#rejects.close()
      for (const name of Object.keys(signals)) process.off(name, this.#onSignal)
    }
    if (!this.#quiet) {
      const ms = performance.now() - from
      const rate = `${formatDuration(ms)}, ${formatCount((1000 * this.counts.lines) / Math.max(1, ms))}/s`
      this.#io.log(`sidelane: ${summaryOf(rate)}${this.#end}`)
    }
    if (this.#failure !== undefined) throw this.#failure
    if (this.#reason !== undefined) return stopCodes[this.#reason]
    return this.counts.bad > 0 ? exitCodes.rejected : exitCodes.ok
  }

  /** How the job ended, for the summary. */
  get #end(): string {
    const lost = this.counts.lines - this.counts.bad - this.written.results
    const unwritten = lost > 0 ? `; ${formatCount(lost)} results were not written` : ''
    if (this.#reason !== undefined) return `${unwritten}; ${this.#reason}`
    return this.#failure === undefined ? unwritten : `${unwritten}; stopped by an error`
  }

  readonly #onSignal = (name: NodeJS.Signals): void => {
    const reason = signals[name as keyof typeof signals]
    // The second one ends the process at once.
    if (this.#signalled) process.exit(stopCodes[reason])
    this.#signalled = true
    this.#stop(reason)
  }

  #stop(reason: StopReason, failure?: Error): void {
    this.#failure ??= failure
    this.#reason ??= reason
    this.#input.destroy()
  }
}

/** undefined for a closed pipe. */
const outputError = (path: string, { code, message }: NodeJS.ErrnoException): Error | undefined =>
  code === 'EPIPE' ? undefined : new Error(`Cannot write ${path === '-' ? 'stdout' : path}: ${message}`)

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
    throw new UsageError(topic, `Cannot write ${path}: ${writeErrorText(cause as Error)}`, { cause })
  }
}

/** Opening a file for writing truncates it, so an output must differ from the input and from the other output. A device may take both. */
function checkOutputs({ topic, in: source, out, rejects, reads = [] }: NdjsonJobOptions): void {
  for (const path of [out, rejects]) if (!isStream(path)) expectNoInput(topic, path, [source ?? '-', ...reads])
  if (isStream(out) && rejects === '-')
    throw new UsageError(
      topic,
      'Stdout cannot take both the results and the rejects: expected --out FILE beside --rejects -',
    )
  const output = outputAt(out ?? '-')
  const isBoth =
    output === undefined
      ? !isStream(out) && out === rejects
      : rejects !== undefined && isSameFile(output, outputAt(rejects))
  if (isBoth) throw new UsageError(topic, `${rejects} cannot take both the results and the rejects`)
}

/** Of an option that names a file: it means stdin, or stdout. */
const isStream = (path: string | undefined): path is '-' | undefined => path === undefined || path === '-'

/** "-" is stdout. */
const outputAt = (path: string): Stats | undefined => (path === '-' ? statOf(1) : statAt(path))
