// The thread side of the pool: takes a batch, answers with outcomes in wire form. Everything crosses as a value; nothing
// is thrown, because Piscina would lose the code. zod is never loaded here.

import { threadId, workerData } from 'node:worker_threads'
import { encodeFault, SidelaneError, toFault } from '../../model/index.ts'
import { parseLock } from '../../contract/index.ts'
import { createEngine, type CompiledContract } from '../../engine/index.ts'
import {
  aligned,
  Lane,
  readyMark,
  type BatchAnswer,
  type BatchTask,
  type ContractRecord,
  type HelloAnswer,
  type Task,
  type WorkerSetup,
} from './batch-layout.ts'

const setup = workerData as WorkerSetup

/** A contract that this thread cannot run answers with why. */
const contracts = new Map<number, CompiledContract | SidelaneError>()
// A throw in here ends the thread, and its reason reaches the crew.
const engine = createEngine(setup.engine, setup.jsCompressor)
for (const record of setup.contracts) learn(record)

/** Where a payload is copied to: engines never read memory that another thread could write. */
let scratch = new Uint8Array(64 * 1024)
const keptScratchBytes = 1024 * 1024

/** Piscina's entry. */
export function run(task: Task): HelloAnswer | BatchAnswer {
  endWhenBroken()
  return 'hello' in task ? { ready: readyMark } : runBatch(task)
}

let ends = false

/**
 * Ends the thread with an uncaught exception, at once. Left to Node it may go back to Piscina's wait for the next task first,
 * and then nothing ends it any more. Not while the file loads: there the exception is the reason that the caller is told.
 */
function endWhenBroken(): void {
  if (ends) return
  ends = true
  process.on('uncaughtException', () => process.exit(1))
}

function runBatch({ count, lane: shared, chunks, contracts: records }: BatchTask): BatchAnswer {
  const startedAt = performance.now()
  for (const record of records ?? []) learn(record)
  const lane = new Lane(shared)
  for (let item = 0; item < count; item++) {
    if (!contracts.has(lane.contract(item))) return { us: 0, missing: true }
  }

  const inputs = chunks.map((chunk) => new Uint8Array(chunk))
  const overflow = new Map<number, Uint8Array>()
  let at = aligned(Lane.headBytes(count))
  for (let item = 0; item < count; item++) {
    if (lane.dropped(item)) continue
    const contract = contracts.get(lane.contract(item)) as CompiledContract | SidelaneError
    const payload = copyIn(inputs[lane.chunk(item)] as Uint8Array, lane.offset(item), lane.length(item))
    lane.setThread(item, threadId)
    const size = answer(contract, payload, lane.canonical(item), lane.bytes, at)
    if (size < 0) {
      const bytes = new Uint8Array(-size)
      answer(contract, payload, lane.canonical(item), bytes, 0)
      overflow.set(item, bytes)
    } else {
      lane.setOutcome(item, at)
      at = aligned(at + size)
    }
    lane.setThread(item, 0)
  }
  if (scratch.length > keptScratchBytes) scratch = new Uint8Array(keptScratchBytes)
  const us = (performance.now() - startedAt) * 1000
  return overflow.size === 0 ? { us } : { us, overflow }
}

/** Writes the outcome or the fault; the negated size when it does not fit. */
function answer(
  contract: CompiledContract | SidelaneError,
  payload: Uint8Array,
  canonical: boolean,
  target: Uint8Array,
  offset: number,
): number {
  if (contract instanceof SidelaneError) return encodeFault(contract, target, offset)
  try {
    return contract.processInto(payload, canonical, target, offset)
  } catch (error) {
    return encodeFault(toFault(error), target, offset)
  }
}

function learn({ number, lock, digestKey, dictionary }: ContractRecord): void {
  if (contracts.has(number)) return
  contracts.set(
    number,
    attempt(() => engine.compile(parseLock(lock, dictionary), digestKey === undefined ? {} : { digestKey })),
  )
}

function copyIn(source: Uint8Array, offset: number, length: number): Uint8Array {
  // To the same place in a word, else V8 copies byte by byte out of shared memory.
  const shift = offset % 8
  if (shift + length > scratch.length) scratch = new Uint8Array(2 ** Math.ceil(Math.log2(shift + length)))
  scratch.set(source.subarray(offset, offset + length), shift)
  return scratch.subarray(shift, shift + length)
}

function attempt<T>(make: () => T): T | SidelaneError {
  try {
    return make()
  } catch (error) {
    return toFault(error)
  }
}
