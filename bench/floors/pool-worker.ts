// Thread entry: the other side of the bare worker loop (pool.ts).

import process from 'node:process'
import { receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads'
import { ourContract } from '../contracts/ours.ts'
import type { ContractRef } from '../contracts/sources.ts'
import { itemWords, waitForWork } from './layout.ts'
import { Outcomes } from './outcomes.ts'

export interface FloorWorkerData {
  readonly ref: ContractRef
  readonly port: MessagePort
  /** The number of batches that were sent, to wake this thread. */
  readonly sent: SharedArrayBuffer
}

export interface FloorBatch {
  readonly count: number
  /** The items, then the outcomes. */
  readonly buffer: SharedArrayBuffer
  readonly payloads: SharedArrayBuffer
}

const { ref, port, sent } = workerData as FloorWorkerData
const outcomes = new Outcomes(ourContract(ref, 'none'))
const wakes = new Int32Array(sent)

async function answer({ count, buffer, payloads }: FloorBatch): Promise<void> {
  const from = performance.now()
  const items = new Uint32Array(buffer)
  const bytes = new Uint8Array(buffer)
  let worked = 0
  let at = count * itemWords * 4
  for (let item = 0; item < count; item++) {
    const offset = items[item * itemWords] as number
    const length = items[item * itemWords + 1] as number
    const known = outcomes.of(Buffer.from(payloads, offset, length))
    const outcome = known instanceof Uint8Array ? known : await known
    bytes.set(outcome, at)
    items[item * itemWords + 2] = at
    items[item * itemWords + 3] = outcome.length
    at = (at + outcome.length + 7) & ~7
    worked += length
  }
  waitForWork(worked, from)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  port.postMessage({ us: (performance.now() - from) * 1000 })
}

for (let seen = 0; ;) {
  const message = receiveMessageOnPort(port)
  if (message === undefined) {
    Atomics.wait(wakes, 0, seen)
    seen = Atomics.load(wakes, 0)
  } else if (message.message === null) process.exit()
  else await answer(message.message as FloorBatch)
}
