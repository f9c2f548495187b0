// The file that runs in the user's process: preloaded by NODE_OPTIONS, or evaluated through the inspector of a running process.

import { close as closeInspector } from 'node:inspector'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { agentFiles, agentSlot, agentVariable, type AgentOptions, type RawProfile } from '../raw.ts'
import { startAgent, type Agent } from './agent.ts'
import { openReport } from './report.ts'

export { calibrate } from './calibrate.ts'

/** Between two checks of the `stop` file, in ticks of the delay probe. */
const ticksPerCheck = 10

/** How long the command has to fetch the profile before the agent takes itself away, because the command is gone. */
const leftMs = 5_000
/** Taken before an app, or its tests, can replace it. */
const { setTimeout } = globalThis

/**
 * For a process that runs already: resolves when the window ends, with the profile as JSON. If the process ends before, the
 * profile is in the folder, because no answer leaves a process that ends.
 */
export const attach = (options: AgentOptions): Promise<string> =>
  new Promise((resolve) => {
    let isExiting = false
    const onExit = (): void => {
      isExiting = true
      running?.finish(true)
    }
    process.on('exit', onExit)
    const onEnd = (raw: RawProfile): void => {
      process.off('exit', onExit)
      setTimeout(() => leave(options), leftMs).unref()
      if (isExiting && options.folder !== undefined)
        write(join(options.folder, `${process.pid}${agentFiles.profile}`), raw)
      resolve(JSON.stringify(raw))
    }
    running = startAgent(options, onEnd, () => {})
  })

/** Does nothing where the command has taken the agent away. */
function leave({ closesInspector }: AgentOptions): void {
  const symbols = globalThis as { [slot: symbol]: { readonly attach?: unknown } | undefined }
  const slot = Symbol.for(agentSlot)
  if (symbols[slot]?.attach !== attach) return
  delete symbols[slot]
  if (closesInspector === true) closeInspector()
}

/** Ends the window of `attach`. */
export const detach = (): void => running?.finish()

let running: Agent | undefined

const given = process.env[agentVariable]
if (isMainThread && given !== undefined) preload(JSON.parse(given) as AgentOptions)

function preload(options: AgentOptions): void {
  const { folder } = options
  if (folder === undefined || isLauncher(process.argv[1] ?? '')) return
  const report = openReport(folder)
  if (report === undefined) return
  let ticks = 0
  const agent = startAgent(
    options,
    (raw) => report.write(raw),
    () => {
      if (++ticks % ticksPerCheck === 0 && report.isStopped()) agent.finish()
    },
  )
  process.on('exit', () => agent.finish(true))
}

/** Package managers, which start the app in a process of its own. */
function isLauncher(script: string): boolean {
  return /[\\/](?:npm|npx|pnpm|pnpx|yarn|yarnpkg|corepack)(?:-cli)?(?:\.[cm]?js)?$/.test(script)
}

/** Readers see the whole file or none. The folder is gone where the command was killed. */
function write(path: string, content: RawProfile): void {
  try {
    writeFileSync(`${path}.tmp`, JSON.stringify(content))
    renameSync(`${path}.tmp`, path)
  } catch {
    // The command has ended, and does not wait for it.
  }
}
