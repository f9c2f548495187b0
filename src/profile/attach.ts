// Profiles a process that runs already: sends it the agent through its inspector, and takes the agent away afterwards.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findInspector } from './find-inspector.ts'
import { InspectorClient } from './inspector-client.ts'
import { ProfileError } from './profile-error.ts'
import { agentFile, agentFiles, agentSlot, type AgentOptions, type RawProfile } from './raw.ts'

export interface AttachOptions extends Pick<AgentOptions, 'seconds' | 'intervalMicros'> {
  readonly pid: number
  /** Path of the agent's file. */
  readonly agent: string
  /** Ends the window early. */
  readonly signal: AbortSignal
}

const slot = `globalThis[Symbol.for('${agentSlot}')]`
/** The inspector waits for its connections to end before it closes. */
const closeMs = 250
/** A main thread that does not answer within it is blocked. */
const answerMs = 5_000

/** Throws ProfileError. */
export async function attachTo(options: AttachOptions): Promise<RawProfile> {
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-profile-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  // A second signal ends the process before `finally` runs.
  process.once('exit', remove)
  try {
    return await profileIn(options, folder)
  } catch (error) {
    // A process that ended before its time.
    const left = join(folder, `${options.pid}${agentFiles.profile}`)
    if (existsSync(left)) return JSON.parse(readFileSync(left, 'utf8')) as RawProfile
    throw error
  } finally {
    process.off('exit', remove)
    remove()
  }
}

async function profileIn(
  { pid, agent, signal, seconds, intervalMicros }: AttachOptions,
  folder: string,
): Promise<RawProfile> {
  const { url, isOpened } = await findInspector(pid)
  const client = await InspectorClient.connect(url)
  const evaluate = evaluator(client)
  let closes = isOpened
  try {
    const found = await within(answerMs, evaluate<number>('process.pid'))
    if (found === undefined)
      throw new ProfileError(
        `Process ${pid} does not answer: its main thread is blocked, by synchronous work or at a breakpoint`,
      )
    if (found !== pid) throw new ProfileError(`The inspector at ${url} is that of process ${found}, not of ${pid}`)
    if (await evaluate<boolean>(`${slot} !== undefined`)) {
      // The other profile needs it.
      closes = false
      throw new ProfileError(`Process ${pid} is being profiled already`)
    }
    await evaluate(installation(readFileSync(agent, 'utf8')))
    const options: AgentOptions = { seconds, intervalMicros, skipsStart: false, closesInspector: isOpened, folder }
    const stop = (): void => void evaluate(`${slot}?.detach()`).catch(() => {})
    signal.addEventListener('abort', stop)
    try {
      const profile = evaluate<string>(`${slot}.attach(${JSON.stringify(options)})`)
      if (signal.aborted) stop()
      return JSON.parse(await profile) as RawProfile
    } finally {
      signal.removeEventListener('abort', stop)
      await evaluate(`delete ${slot}`).catch(() => {})
    }
  } finally {
    const close = `setTimeout(() => process.getBuiltinModule('node:inspector').close(), ${closeMs}).unref()`
    // A main thread that is blocked takes it when it runs again.
    if (closes) await within(answerMs, evaluate(`{ ${close} }`)).catch(() => {})
    client.close()
  }
}

/** Undefined: not within the time. */
async function within<T>(ms: number, answer: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController()
  try {
    return await Promise.race([answer, sleep(ms, undefined, { signal: timer.signal })])
  } finally {
    timer.abort()
    // Of one that came too late.
    answer.catch(() => {})
  }
}

/** The agent is CommonJS; of modules it needs those of Node alone. */
const installation = (source: string): string => `{
const module = { exports: {} };
(function (require, module, exports) { ${source}
})((name) => process.getBuiltinModule(name), module, module.exports);
${slot} = module.exports
}
//# sourceURL=sidelane/${agentFile}`

interface Evaluated {
  readonly result: { readonly value?: unknown }
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } }
}

function evaluator(client: InspectorClient): <T>(expression: string) => Promise<T> {
  return async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails: thrown } = await client.ask<Evaluated>('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })
    if (thrown !== undefined)
      throw new ProfileError(`The process cannot be profiled: ${thrown.exception?.description ?? thrown.text}`)
    return result.value as T
  }
}
