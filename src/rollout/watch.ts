// Calls back when a file may have changed. Watches its directory, because a file that is replaced is another one, and a
// ConfigMap of Kubernetes is a link that is switched; looks regularly as well, because some file systems tell nothing.

import { watch as watchDirectory, type FSWatcher } from 'node:fs'
import { dirname } from 'node:path'

const pollMs = 500
/** Several events of one change. */
const settleMs = 20

/** Returns the function that ends it. Does not keep the process alive. */
export function watchFile(path: string, onMayHaveChanged: () => void): () => void {
  let watcher: FSWatcher | undefined
  let settling: NodeJS.Timeout | undefined
  const start = (): void => {
    try {
      watcher = watchDirectory(dirname(path), { persistent: false }, () => {
        settling ??= setTimeout(() => {
          settling = undefined
          onMayHaveChanged()
        }, settleMs).unref()
      })
      // The directory is gone, or the system has no watches left: the poll remains.
      watcher.on('error', stop)
    } catch {
      watcher = undefined
    }
  }
  const stop = (): void => {
    watcher?.close()
    watcher = undefined
  }
  start()
  const poll = setInterval(() => {
    if (watcher === undefined) start()
    onMayHaveChanged()
  }, pollMs).unref()
  return () => {
    stop()
    clearTimeout(settling)
    clearInterval(poll)
  }
}
