// Reports in the directory of --crash-dir: place, version, uptime and the last error codes. Never the message of an error or a
// part of the heap, which may hold a part of a payload; so the reports of Node itself are not used.
//
// Node cannot run code at a fatal signal. A file `.running` exists while the daemon runs; the next start makes a report of one
// whose process is gone. sidelaned (native/daemon/src/crash) writes the same form, at the signal itself.

import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readRegularFileSync } from '../runtime/regular-file.ts'
import { isSameProcess, startOf } from '../util/process-identity.ts'

/** Reports that a start keeps; the oldest ones are deleted. */
const keptReports = 15
const lastCodes = 8
/** Between two updates of the file of a running daemon. */
const updateMs = 10_000
const ownerOnly = 0o600

const isReport = (name: string): boolean => name.startsWith('crash-') && name.endsWith('.json')
const runningFile = /^crash-.*-node-(\d+)\.running$/

interface RunningFile {
  readonly start?: string
  readonly report?: object
}

export class CrashReports {
  /** The disk is full: there is no report of a signal until it has room. */
  readonly full: Error | undefined
  readonly #directory: string
  readonly #version: string
  readonly #name: string
  readonly #timer: NodeJS.Timeout
  #codes: readonly string[] = []
  #count: number

  /** Makes the directory if it is missing, reports daemons that ended without a word, and deletes the oldest reports. Throws. */
  constructor(directory: string, version: string) {
    this.#directory = directory
    this.#version = version
    const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
    this.#name = `crash-${stamp}-node-${process.pid}`
    makeDirectory(directory)
    for (const name of readdirSync(directory)) this.#reportIfGone(name)
    const found = readdirSync(directory).filter(isReport).toSorted()
    for (const name of found.slice(0, -keptReports)) rmSync(join(directory, name), { force: true })
    this.#count = Math.min(found.length, keptReports)
    try {
      this.#update()
    } catch (error) {
      if (!isFull(error)) throw error
      this.full = error as Error
    }
    this.#timer = setInterval(() => {
      try {
        this.#update()
      } catch {
        // A full disk: the file keeps its last state.
      }
    }, updateMs).unref()
  }

  /** Reports in the directory: those found at the start, and that of this process. */
  get count(): number {
    return this.#count
  }

  /** Notes the code of an answer for the report. */
  note(code: string): void {
    this.#codes = [code, ...this.#codes.slice(0, lastCodes - 1)]
  }

  /** An exception ends the daemon. `location`: from its stack, without its message. */
  exception(name: string, location: string | undefined): void {
    try {
      const report = this.#report('panic', location ?? 'unknown', { error: name })
      this.#write(`${this.#name}-1.json`, report)
      this.#count++
    } catch {
      // A full disk: the log has it.
    }
  }

  /** The daemon ends as it should. */
  close(): void {
    clearInterval(this.#timer)
    rmSync(this.#path, { force: true })
  }

  get #path(): string {
    return join(this.#directory, `${this.#name}.running`)
  }

  #update(): void {
    const file: RunningFile = { start: startOf(process.pid), report: this.#report('crash', 'unknown', {}) }
    const temporary = `${this.#path}.new`
    write(temporary, JSON.stringify(file), 'w')
    renameSync(temporary, this.#path)
  }

  #report(event: 'crash' | 'panic', location: string, more: object): object {
    return {
      time: new Date().toISOString(),
      level: 'error',
      event,
      ...more,
      daemon: 'node',
      version: this.#version,
      pid: process.pid,
      location,
      thread: 'main',
      uptime_ms: Math.round(process.uptime() * 1000),
      last_codes: this.#codes,
    }
  }

  #write(name: string, report: object): void {
    write(join(this.#directory, name), `${JSON.stringify(report)}\n`, 'wx')
  }

  #reportIfGone(name: string): void {
    const pid = runningFile.exec(name)?.[1]
    if (pid === undefined) return
    const path = join(this.#directory, name)
    try {
      const text = new TextDecoder().decode(readRegularFileSync(path, 'config'))
      const { start, report } = JSON.parse(text) as RunningFile
      // A pid is used again: in a container by each start.
      if (isSameProcess(Number(pid), start)) return
      if (report !== undefined) this.#write(`${name.slice(0, -'.running'.length)}-0.json`, report)
    } catch (error) {
      // A later start reports it.
      if (isFull(error)) return
      // Another start was faster, or the file is not complete.
    }
    rmSync(path, { force: true })
  }
}

/** Leaves no part of a file. Throws. */
function write(path: string, text: string, flag: 'w' | 'wx'): void {
  try {
    writeFileSync(path, text, { mode: ownerOnly, flag })
  } catch (error) {
    if (isFull(error)) rmSync(path, { force: true })
    throw error
  }
}

/** EFBIG: the limit of the size of a file. */
const isFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '')

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** A core file holds no memory from now on: Node can change neither RLIMIT_CORE nor whether it is dumpable. */
export function excludeMemoryFromCoreDumps(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0')
  } catch {
    // Not Linux, or /proc is read-only.
  }
}
