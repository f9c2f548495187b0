// The percent of one rollout, and what changes it: code, the file, the guards and the climb by steps. Policies read
// it; they are elsewhere.

import { RolloutFileError, entryOf, isSameEntry, readEntries, updateEntries, type RolloutEntry } from './file.ts'
import type { EventBody } from './events.ts'
import type { Steps, Tripped } from '../policies/index.ts'
import { watchFile } from './watch.ts'

export interface ControlParts {
  readonly contract: string
  readonly steps: Steps
  readonly file: string | undefined
  /** The guard that trips now. */
  readonly judge: () => Tripped | undefined
  /** Calls of the candidate in this step. */
  readonly callsOfStep: () => number
  /** The percent changed: what the guards look at starts again. */
  readonly onStep: () => void
  readonly emit: (event: EventBody) => void
}

type By = 'code' | 'file' | 'advance' | 'guard'

const judgeMs = 200
const longestReason = 200

export class RolloutControl {
  reason: string | undefined
  readonly #parts: ControlParts
  readonly #timer: NodeJS.Timeout
  /** What the file said last, or what was written. */
  #known: RolloutEntry | undefined
  /** Of the last read. */
  #readProblem: string | undefined
  /** The file does not have what holds here: reads that succeed do not end it. */
  #writeProblem: string | undefined
  #reportedProblem: string | undefined
  #stopWatching: (() => void) | undefined
  #reading = false
  #readAgain = false
  /** Writes, one after the other. */
  #writes: Promise<unknown> = Promise.resolve()
  #pendingWrites = 0
  #endedWrites = 0
  #stopped = false

  /** Reads the file, and watches it. A broken one is reported: the percent of the options holds. */
  static async open(parts: ControlParts): Promise<RolloutControl> {
    const control = new RolloutControl(parts)
    await control.#watch()
    return control
  }

  private constructor(parts: ControlParts) {
    this.#parts = parts
    this.#timer = setInterval(() => this.#checkStep(), judgeMs).unref()
  }

  get percent(): number {
    return this.#parts.steps.percent
  }

  get held(): boolean {
    return this.#parts.steps.held
  }

  /** Resolves when the file has it. Rejects where it cannot be written; the percent holds nevertheless. */
  async set(percent: number, held: boolean, reason: string | undefined): Promise<void> {
    const problem = await this.#change('code', percent, held, reason?.slice(0, longestReason))
    if (problem !== undefined) throw problem
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    this.#stopWatching?.()
    await this.#writes
  }

  async #watch(): Promise<void> {
    const { file } = this.#parts
    if (file === undefined) return
    await this.#read(file)
    this.#stopWatching = watchFile(file, () => void this.#read(file))
  }

  #checkStep(): void {
    const { steps, judge, callsOfStep } = this.#parts
    const tripped = judge()
    // At 0 a shadow may differ: it does not climb then.
    if (tripped !== undefined && (steps.percent > 0 || !steps.held)) return this.#trip(tripped)
    const next = steps.next(callsOfStep(), performance.now())
    if (next !== undefined) void this.#change('advance', next, false, undefined)
  }

  #trip(tripped: Tripped): void {
    const { guard, value, max, calls } = tripped
    const from = this.percent
    const reason = `${guard} ${shortNumber(value)} > ${shortNumber(max)} over ${calls} calls at ${from} %`
    const to = this.#parts.steps.trip(performance.now())
    // Before the event, as in #change.
    void this.#write('guard', to, true, reason)
    this.#apply('guard', from, reason, { guard, value, max, calls })
  }

  #change(by: By, percent: number, held: boolean, reason: string | undefined): Promise<Error | undefined> {
    const from = this.percent
    this.#parts.steps.set(percent, held, performance.now())
    // Before the event: who hears of it may change the percent again, and that write comes last.
    const written = this.#write(by, percent, held, reason)
    this.#apply(by, from, reason)
    return written
  }

  #apply(by: By, from: number, reason: string | undefined, guard?: Tripped): void {
    this.reason = reason
    this.#parts.onStep()
    const { percent: to, held } = this
    this.#parts.emit({ type: 'percent', from, to, held, by, reason, ...guard })
  }

  /** Resolves with the problem, if any. */
  #write(by: By, percent: number, held: boolean, reason: string | undefined): Promise<Error | undefined> {
    const { file, contract } = this.#parts
    if (file === undefined) return Promise.resolve(undefined)
    const at = new Date().toISOString()
    const entry: RolloutEntry = { percent, held, ...(reason !== undefined && { reason }), at }
    this.#pendingWrites++
    const done = this.#writes.then(async () => {
      const before = this.#known
      try {
        let isWritten = true
        await updateEntries(file, (entries) => {
          // Another process, or a person, was faster: what they wrote is read below, and holds.
          if (by === 'code' || !isOvertaken(by, percent, () => entryOf(entries, contract, file), before)) {
            return { ...entries, [contract]: entry }
          }
          isWritten = false
          return undefined
        })
        if (isWritten) {
          this.#known = entry
          this.#writeProblem = undefined
        }
        this.#readProblem = undefined
        this.#pendingWrites--
        this.#endedWrites++
        this.#reportProblem()
        await this.#read(file)
        return undefined
      } catch (error) {
        this.#pendingWrites--
        const problem =
          error instanceof RolloutFileError ? error : new Error(`${file} cannot be written: ${codeOf(error)}`)
        // Kept when the problem of the file that led to it is over: the write is not repeated.
        this.#writeProblem =
          error instanceof RolloutFileError ? `${file} was not written: ${error.message}` : problem.message
        this.#reportProblem()
        return problem
      }
    })
    this.#writes = done
    return done
  }

  async #read(file: string): Promise<void> {
    if (this.#reading) {
      this.#readAgain = true
      return
    }
    this.#reading = true
    try {
      do {
        this.#readAgain = false
        const writes = this.#endedWrites
        const entry = entryOf(await readEntries(file), this.#parts.contract, file)
        // An entry that was read before a write is outdated. The write has asked for another read.
        if (!this.#stopped && writes === this.#endedWrites) this.#adopt(entry)
      } while (this.#readAgain)
    } catch (error) {
      this.#readProblem = error instanceof RolloutFileError ? error.message : `${file} cannot be read: ${codeOf(error)}`
      this.#reportProblem()
    } finally {
      this.#reading = false
    }
  }

  /** Only a change of the entry counts: a file that could not be written keeps what it had. */
  #adopt(entry: RolloutEntry | undefined): void {
    this.#readProblem = undefined
    // While a write is pending, the entry of the file is outdated.
    const isChanged = this.#pendingWrites === 0 && !isSameEntry(entry, this.#known)
    if (isChanged && entry !== undefined) this.#writeProblem = undefined
    this.#reportProblem()
    if (!isChanged) return
    this.#known = entry
    if (entry === undefined) return
    if (entry.percent === this.percent && entry.held === this.held) {
      this.reason = entry.reason
      return
    }
    const from = this.percent
    this.#parts.steps.set(entry.percent, entry.held, performance.now())
    this.#apply('file', from, entry.reason)
  }

  /** Once for each problem, and once when none is left. */
  #reportProblem(): void {
    const problem = this.#readProblem ?? this.#writeProblem
    if (problem === this.#reportedProblem || this.#stopped) return
    this.#reportedProblem = problem
    this.#parts.emit({ type: 'file', problem })
  }
}

/** Whether the file has an entry, not known here, that goes before a step. */
function isOvertaken(
  by: By,
  percent: number,
  read: () => RolloutEntry | undefined,
  known: RolloutEntry | undefined,
): boolean {
  if (by === 'advance') return !isSameEntry(read(), known)
  let entry
  try {
    entry = read()
  } catch {
    // A guard replaces an entry that is broken.
    return false
  }
  // A guard raises no percent that another process, or a person, has lowered.
  return entry !== undefined && entry.held && entry.percent < percent && !isSameEntry(entry, known)
}

const shortNumber = (value: number): string => String(Number(value.toPrecision(3)))

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error'
