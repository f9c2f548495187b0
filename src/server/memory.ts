// The memory of the process. Reading it takes a file descriptor; without a free one the last value is returned.

import { readFileSync } from 'node:fs'

type Usage = Pick<NodeJS.MemoryUsage, 'rss' | 'heapUsed' | 'heapTotal' | 'external'>

let last: Usage = { rss: 0, heapUsed: 0, heapTotal: 0, external: 0 }

export function memoryUsage(): Usage {
  try {
    last = process.memoryUsage()
  } catch {
    // Out of descriptors.
  }
  return last
}

/** Proportional set size; RSS where the system does not report it. */
export function pssBytes(): number {
  try {
    const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1]
    if (kilobytes !== undefined) return Number(kilobytes) * 1024
  } catch {
    // Not Linux, or out of descriptors.
  }
  return memoryUsage().rss
}
