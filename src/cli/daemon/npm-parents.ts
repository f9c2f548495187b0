// Whether the npm that runs this process has ended. npm starts a command in a shell and sends its own signals to that shell,
// which ends without passing them on; and a killed npm sends none.

import { readFileSync } from 'node:fs'

const intervalMs = 500
const shells = /^(?:sh|ash|bash|dash|busybox|zsh)$/

/** Calls `end` once, when the shell or the npm above this process ends. Without npm it never does. Returns a function that ends this. */
export function onOrphaned(end: () => void): () => void {
  // npm, npx, pnpm and yarn set it for what they run.
  if (process.env['npm_lifecycle_event'] === undefined) return () => {}
  const before = process.ppid
  const shellParent = isShell(before) ? parentOf(before) : undefined
  const timer = setInterval(() => {
    if (process.ppid === before && (shellParent === undefined || parentOf(before) === shellParent)) return
    clearInterval(timer)
    end()
  }, intervalMs)
  return () => clearInterval(timer)
}

function isShell(pid: number): boolean {
  return shells.test(read(`/proc/${pid}/comm`)?.trim() ?? '')
}

/** Undefined where the system does not tell. */
function parentOf(pid: number): number | undefined {
  const parent = /\) \S (\d+) /.exec(read(`/proc/${pid}/stat`) ?? '')?.[1]
  return parent === undefined ? undefined : Number(parent)
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
