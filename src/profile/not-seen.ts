// What a profile cannot see, in sentences for its reader.

import type { RawProfile } from './raw.ts'

/** Below it, other programs had the core for much of the time that counts as busy. */
const minRunning = 0.7

export function notSeenBy(raw: RawProfile, busy: number, hasRoutes: boolean): string[] {
  const busyMs = busy * raw.windowMs
  const isPreempted = raw.mainCpuMs !== null && busyMs > 0.1 * raw.windowMs && raw.mainCpuMs < minRunning * busyMs
  return [
    'Only main threads are sampled: asynchronous zlib and crypto run on threads of libuv, and worker threads run beside it.',
    ...(hasRoutes
      ? [
          'A route has the time from its request to the first await, and of its own handler after it; other code after an await has no route.',
        ]
      : []),
    ...(hasRoutes && raw.routedMs < raw.windowMs
      ? [
          `Routes were noted for the first ${(raw.routedMs / 1000).toFixed(1)} s, because requests were many: their shares are of that time. Profile for a shorter time.`,
        ]
      : []),
    ...(isPreempted
      ? [
          'Other programs had the core for much of the time: the main thread waited for it, and stalls and shares are less certain. Profile on a quieter machine.',
        ]
      : []),
  ]
}
