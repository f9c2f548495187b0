// Whether this thread has the heap that a contract may need. Without it a valid payload would end the process.

import { heapLimitMb } from '#runtime'
import { requireHeap, type Contract, type LoadedEngineReport } from '../model/index.ts'

/** Throws `engine.unavailable` when the js engine has too little heap on this thread for the contract's payloads. */
export function checkHeap({ profile }: Contract, { kind }: LoadedEngineReport): void {
  if (kind === 'js') requireHeap(profile, heapLimitMb())
}
