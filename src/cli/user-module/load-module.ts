// Runs a user's module in a process of its own (module-process.ts) and returns what it exports. What the module prints goes
// to stderr.

import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { SidelaneError } from '../../model/index.ts'
import { UsageError } from '../command.ts'
import { moduleArgument, reportDescriptor, type ModuleExports, type ModuleReport } from './module-report.ts'

export interface LoadOptions {
  /** The command whose help explains a UsageError. */
  readonly topic: string
  readonly timeoutMs: number
}

const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const
/** For the exit handlers of a module that has reported, and for the report of one that has ended. */
const graceMs = 1000

/** `path` is absolute. Rejects with UsageError, or with what the module did wrong. */
export async function loadModule(path: string, { topic, timeoutMs }: LoadOptions): Promise<ModuleExports> {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', moduleArgument, path], {
    // Without stdin: a module that reads it meets its end. Stdout is the stderr of this process.
    stdio: ['ignore', 2, 2, 'pipe'],
  })
  const ignoreSignals = endOnSignal(child)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, timeoutMs)
  try {
    const ended = endOf(child)
    const report = await reportOf(child, ended)
    clearTimeout(timer)
    await Promise.race([ended, sleep(graceMs, undefined, { ref: false })])
    child.kill('SIGKILL')
    const how = await ended
    if (report !== undefined) return exportsIn(report, topic)
    const late = `it was not loaded within ${timeoutMs / 1000} s (--timeout): a top-level await did not settle, or its code does not end`
    throw new Error(
      `Cannot import ${path}: ${isLate ? late : `the module ended its process with ${how} while it was loaded`}`,
    )
  } finally {
    clearTimeout(timer)
    ignoreSignals()
  }
}

/** A module that handles signals, as servers do, could outlive this process. Returns a function that ends this. */
function endOnSignal(child: ChildProcess): () => void {
  const handlers = signals.map((signal) => {
    const handler = (): void => {
      child.kill('SIGKILL')
      ignore()
      process.kill(process.pid, signal)
    }
    return [signal, handler] as const
  })
  const ignore = (): void => {
    for (const [signal, handler] of handlers) process.off(signal, handler)
  }
  for (const [signal, handler] of handlers) process.on(signal, handler)
  return ignore
}

/** How it ended, in words. Not 'close': processes that the module started may hold its descriptors. */
const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    child.on('error', reject).on('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })

/** Undefined where the process ends without a report. */
async function reportOf(child: ChildProcess, ended: Promise<string>): Promise<ModuleReport | undefined> {
  const channel = child.stdio[reportDescriptor] as Readable
  const chunks: string[] = []
  const line = new Promise<string | undefined>((resolve) => {
    channel.setEncoding('utf8').on('data', (chunk: string) => {
      chunks.push(chunk)
      if (chunk.endsWith('\n')) resolve(chunks.join(''))
    })
    channel.on('error', () => resolve(undefined)).on('close', () => resolve(undefined))
  })
  const missing = ended.then(() => sleep(graceMs, undefined, { ref: false })).then(() => undefined)
  try {
    const text = await Promise.race([line, missing])
    return text === undefined ? undefined : (JSON.parse(text) as ModuleReport)
  } finally {
    channel.destroy()
  }
}

function exportsIn(report: ModuleReport, topic: string): ModuleExports {
  if (report.kind === 'exports') return report
  const { kind, message, code } = report
  if (kind === 'usage') throw new UsageError(topic, message)
  throw code === undefined ? new Error(message) : new SidelaneError(code, { message })
}
