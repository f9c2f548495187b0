// The end of the daemon's process. `process.exit` joins all threads, so it waits for ever for one in a system call or in
// native code that does not return; a signal does not.

import { withTimeout } from '../util/with-timeout.ts'

export type EndSignal = 'SIGTERM' | 'SIGINT'

/** Ends the process by the signal itself, as if this process had no handler for it. */
export function endBySignal(signal: EndSignal): never {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  // The first process of a container gets no signal without a handler.
  process.exit(1)
}

/** Ends the process with this code, or by SIGTERM when `stopped` does not resolve: a thread of it is stuck. */
export async function endProcess(code: number, stopped: Promise<unknown>, waitMs = 1000): Promise<never> {
  if (await withTimeout(waitMs, Promise.allSettled([stopped]))) process.exit(code)
  return endBySignal('SIGTERM')
}
