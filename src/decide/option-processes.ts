// The processes of a run: one for each option, and what they cost. Only one works at a time.

import { pathToFileURL } from 'node:url'
import { packageFile } from '../util/package-files.ts'
import { startChild, type Child } from '../measure/child.ts'
import { childrenOf, cpuUsOf, rssOf } from '../measure/processes.ts'
import type { EngineUsed, OptionId } from './record.ts'
import { isTimeOver, type Deadline } from './time.ts'
import type { Loaded, Work, OptionAnswers } from './work.ts'

export interface OptionProcess {
  readonly id: OptionId
  readonly engine: EngineUsed | null
  readonly engineReason: string
  readonly child: Child<OptionAnswers>
  /** The daemon of a sidecar. */
  readonly daemonPid: number | undefined
}

export interface OptionProcesses {
  readonly members: readonly OptionProcess[]
  /** Options that cannot run here, with the reason. */
  readonly leftOut: readonly { readonly id: OptionId; readonly reason: string }[]
  /** Takes a member out of the run. */
  drop(id: OptionId, reason: string): Promise<void>
  end(): Promise<void>
}

/** True where the CPU time of other processes can be read to the microsecond. */
const seesProcesses = Number.isFinite(cpuUsOf(process.pid))

/** With the deadline for each request. */
export async function startProcesses(
  ids: readonly OptionId[],
  threads: number,
  { signal, deadline }: { readonly signal: AbortSignal; readonly deadline: Deadline },
): Promise<OptionProcesses> {
  const members: OptionProcess[] = []
  const leftOut: { readonly id: OptionId; readonly reason: string }[] = []
  const kill = (): void => {
    for (const { child } of members) child.kill()
  }
  signal.addEventListener('abort', kill)
  const end = async (): Promise<void> => {
    signal.removeEventListener('abort', kill)
    // A process that is busy with a request of which the time is over does not end by itself.
    if (deadline.isOver()) kill()
    deadline.end()
    await Promise.all(members.splice(0).map(({ child }) => child.end()))
  }
  try {
    for (const id of ids) {
      signal.throwIfAborted()
      if (id === 'sidecar' && !seesProcesses) {
        leftOut.push({ id, reason: `the CPU time of a daemon cannot be read on ${process.platform}` })
        continue
      }
      const file = pathToFileURL(packageFile('dist/decide/option-child.js'))
      const started = startChild<OptionAnswers>(file, ['--no-warnings'], 'stderr')
      const child: Child<OptionAnswers> = {
        ...started,
        ask: (name, ...args) => deadline.within(() => started.ask(name, ...args)),
      }
      try {
        const { engine, reason } = await child.ask('open', id, threads)
        const daemonPid = id === 'sidecar' ? childrenOf(child.pid)[0] : undefined
        members.push({ id, engine, engineReason: reason, child, daemonPid })
      } catch (error) {
        child.kill()
        await child.end()
        if (isTimeOver(error)) throw error
        leftOut.push({ id, reason: firstLine(error) })
      }
    }
  } catch (error) {
    await end()
    throw error
  }
  return {
    members,
    leftOut,
    async drop(id, reason) {
      const at = members.findIndex((member) => member.id === id)
      if (at === -1) return
      const [member] = members.splice(at, 1)
      leftOut.push({ id, reason })
      await member?.child.end()
    },
    end,
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(/^\w*Error: /, '') ?? ''

/** CPU time of all threads and processes of a member so far, in µs. */
export async function cpuOf({ child, daemonPid }: OptionProcess): Promise<number> {
  if (!seesProcesses) return await child.ask('cpuUs')
  return cpuUsOf(child.pid) + (daemonPid === undefined ? 0 : cpuUsOf(daemonPid))
}

/** Resident memory, in bytes; null where it cannot be read. */
export async function memoryOf({
  child,
  daemonPid,
}: OptionProcess): Promise<{ app: number | null; sidecar: number | null }> {
  const { rssBytes } = await child.ask('pauses')
  const seen = daemonPid === undefined ? 0 : rssOf(daemonPid)
  return { app: rssBytes, sidecar: Number.isNaN(seen) ? null : seen }
}

export const load = (member: OptionProcess, work: Work): Promise<Loaded> => member.child.ask('load', work)
