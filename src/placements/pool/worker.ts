// The worker thread of the pool: processes a batch and writes the outcomes as bytes. Faults are returned, not thrown,
// because Piscina would lose their code. zod is never loaded here.

import { threadId, workerData } from 'node:worker_threads'
import { heapLimitMb } from '#runtime'
import { deadlineError, encodeFault, toFault } from '../../model/index.ts'
import { parseLock } from '../../contract/index.ts'
import { createEngine, type CompiledContract, type RunLimit } from '../../engine/index.ts'
import {
  aligned,
  BatchBuffer,
  errorExitCode,
  moved,
  readyMark,
  words,
  type BatchAnswer,
  type BatchTask,
  type ContractRecord,
  type HelloAnswer,
  type Task,
  type WorkerSetup,
} from './batch-layout.ts'

const setup = workerData as WorkerSetup

type RunnableContract = Pick<CompiledContract, 'processInto'>

/** A contract that this thread cannot compile answers each call with the fault. */
const contracts = new Map<number, RunnableContract>()
// A throw in here ends the thread, and the worker group gets the error.
const engine = createEngine(setup.engine, setup.jsCompressor)
for (const record of setup.contracts) addContract(record)

/** Payloads are copied to here: engines never read memory that another thread could write. */
let scratch = new Uint8Array(64 * 1024)
const keptScratchBytes = 1024 * 1024

/** Called by Piscina for each task. */
export function run(task: Task): HelloAnswer | BatchAnswer {
  exitOnError()
  return 'hello' in task ? { ready: readyMark, heapMb: heapLimitMb() } : runBatch(task)
}

let isExitSet = false

/**
 * Ends the thread immediately on an uncaught exception. Node's default may return to Piscina's blocking wait for the next
 * task first, and the thread would never end. Not set while the file loads: that exception reaches the caller.
 */
function exitOnError(): void {
  if (isExitSet) return
  isExitSet = true
  process.on('uncaughtException', () => process.exit(errorExitCode))
}

function runBatch({ count, buffer, chunks, sliceMs, contracts: records }: BatchTask): BatchAnswer {
  const startedAt = performance.now()
  for (const record of records ?? []) addContract(record)
  const batch = new BatchBuffer(buffer)
  for (let item = 0; item < count; item++) {
    if (!contracts.has(batch.get(item, words.contract))) return { us: 0, missing: true }
  }

  const inputs = chunks.map((chunk) => new Uint8Array(chunk))
  const overflow = new Map<number, Uint8Array>()
  let at = aligned(BatchBuffer.headBytes(count))
  for (let item = 0; item < count; item++) {
    if (batch.dropped(item)) continue
    const contract = contracts.get(batch.get(item, words.contract)) as RunnableContract
    const input = inputs[batch.get(item, words.chunk)] as Uint8Array
    const payload = copyIn(input, batch.get(item, words.offset), batch.get(item, words.length))
    const canonical = batch.get(item, words.canonical) === 1
    batch.setThread(item, threadId)
    limit.startedAt = item === 0 ? startedAt : performance.now()
    const expiresAt = batch.expiresAt(item, limit.startedAt)
    limit.endsAt = sliceMs === undefined ? expiresAt : Math.min(expiresAt, limit.startedAt + sliceMs)
    limit.looksAhead = sliceMs !== undefined
    isOver = false
    const size = runInto(contract, payload, canonical, batch.bytes, at)
    const large = size < 0 ? new Uint8Array(-size) : undefined
    if (large !== undefined) runInto(contract, payload, canonical, large, 0)
    if (isOver && performance.now() < expiresAt) batch.setOutcome(item, moved)
    else if (large !== undefined) overflow.set(item, large)
    else {
      batch.setOutcome(item, at)
      at = aligned(at + size)
    }
    batch.setRunUs(item, (performance.now() - limit.startedAt) * 1000)
    batch.setThread(item, 0)
  }
  if (scratch.length > keptScratchBytes) scratch = new Uint8Array(keptScratchBytes)
  const us = (performance.now() - startedAt) * 1000
  return overflow.size === 0 ? { us } : { us, overflow }
}

/** Of the payload that runs. */
const limit: { -readonly [K in keyof RunLimit]: RunLimit[K] } = { startedAt: 0, endsAt: 0, looksAhead: false }
/** The payload was ended by the limit. */
let isOver = false

/** Writes the outcome or the fault; returns its size, negated when it does not fit. */
function runInto(
  contract: RunnableContract,
  payload: Uint8Array,
  canonical: boolean,
  target: Uint8Array,
  offset: number,
): number {
  try {
    if (limit.endsAt === Number.POSITIVE_INFINITY) return contract.processInto(payload, canonical, target, offset)
    // An earlier payload of the batch may have taken the time.
    if (limit.endsAt <= limit.startedAt) throw deadlineError('run')
    return contract.processInto(payload, canonical, target, offset, limit)
  } catch (error) {
    const fault = toFault(error)
    isOver = fault.code === 'deadline.exceeded'
    return encodeFault(fault, target, offset)
  }
}

function addContract({ number, lock, digestKey, dictionary }: ContractRecord): void {
  if (contracts.has(number)) return
  try {
    contracts.set(number, engine.compile(parseLock(lock, dictionary), { digestKey }))
  } catch (error) {
    const fault = toFault(error)
    contracts.set(number, { processInto: (_payload, _canonical, target, at) => encodeFault(fault, target, at) })
  }
}

function copyIn(source: Uint8Array, offset: number, length: number): Uint8Array {
  // At the same place in a word: otherwise V8 copies byte by byte out of shared memory.
  const shift = offset % 8
  if (shift + length > scratch.length) scratch = new Uint8Array(2 ** Math.ceil(Math.log2(shift + length)))
  scratch.set(source.subarray(offset, offset + length), shift)
  return scratch.subarray(shift, shift + length)
}
