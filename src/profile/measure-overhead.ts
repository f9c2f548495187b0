// Measures what the profiler cost the app: in a process of the app's own Node, after the app's window has ended.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Calibration } from './agent/calibrate.ts'
import type { RawProfile } from './raw.ts'

export type OverheadCost = Calibration

/** Deeper stacks are measured as this deep; V8 records no more frames. */
const maxDepth = 255

/** On a machine that is too busy there is no figure, but still a profile. */
const timeoutMs = 20_000

/**
 * By this process's own Node where the app's cannot be started, as from outside of a container. Undefined: could not be
 * measured.
 */
export async function measureOverhead(agent: string, raw: RawProfile): Promise<OverheadCost | undefined> {
  const measure = `require(process.argv[1]).calibrate(${meanDepth(raw)})`
  const args = ['-e', `process.stdout.write(JSON.stringify(${measure}))`, agent]
  const options = { env: { ...process.env, NODE_OPTIONS: '' }, timeout: timeoutMs }
  const run = promisify(execFile)
  try {
    const { stdout } = await run(raw.execPath, args, options).catch(() => run(process.execPath, args, options))
    return JSON.parse(stdout) as OverheadCost
  } catch {
    return undefined
  }
}

/** Functions on the stack, over the samples in which the main thread did not wait. */
function meanDepth({ nodes, sampled }: RawProfile): number {
  const depths = new Map<number, number>()
  // A node stands before its children.
  for (const { id, children = [] } of nodes) for (const child of children) depths.set(child, (depths.get(id) ?? 0) + 1)
  const busy = sampled.map((node) => depths.get(node) ?? 0).filter((depth) => depth > 1)
  const sum = busy.reduce((total, depth) => total + depth, 0)
  return busy.length === 0 ? 1 : Math.min(maxDepth, Math.round(sum / busy.length))
}
