// What the process holds, as the system says. Asking takes a descriptor: where there is none, what was said last holds.

import { readFileSync } from 'node:fs'

type Usage = Pick<NodeJS.MemoryUsage, 'rss' | 'heapUsed' | 'heapTotal' | 'external'>

let last: Usage = { rss: 0, heapUsed: 0, heapTotal: 0, external: 0 }

export function memoryUsage(): Usage {
  try {
    last = process.memoryUsage()
  } catch {
    // Out of descriptors: no reason to end.
  }
  return last
}

/** RSS with shared pages in proportion; RSS where the system does not say. */
export function pssBytes(): number {
  try {
    const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1]
    if (kilobytes !== undefined) return Number(kilobytes) * 1024
  } catch {
    // Not Linux, or out of descriptors.
  }
  return memoryUsage().rss
}
