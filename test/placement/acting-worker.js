// The pool's worker, with faults that a payload asks for: `{"act":"sleep","with":50}`. It injects what a real worker
// cannot be asked to do; what it does otherwise is the shipped worker's work.
import { existsSync, writeFileSync } from 'node:fs'
import { threadId } from 'node:worker_threads'
import { Lane } from '../../dist/placement/pool/batch.js'
import { run as answer } from '../../dist/placement/pool/worker.js'

const acts = {
  /** Milliseconds. */
  sleep: (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
  /** A file that says that the payload was run. */
  touch: (file) => writeFileSync(file, ''),
  exit: () => process.exit(7),
  exitOnce(file) {
    if (existsSync(file)) return
    writeFileSync(file, '')
    process.exit(7)
  },
  throw() {
    queueMicrotask(() => {
      throw new Error('thrown outside of any task')
    })
    return new Promise(() => {})
  },
  spin() {
    for (;;);
  },
  heap() {
    const kept = []
    for (;;) kept.push(Array.from({ length: 10_000 }, Math.random))
  },
}

export async function run(task) {
  if ('hello' in task) return answer(task)
  const lane = new Lane(task.lane)
  for (let item = 0; item < task.count; item++) {
    if (lane.dropped(item)) continue
    const bytes = new Uint8Array(task.chunks[lane.chunk(item)], lane.offset(item), lane.length(item))
    if (bytes.length > 500) continue
    const [, act, given] = /^\{"act":"(\w+)","with":(.+)\}$/.exec(Buffer.from(bytes).toString()) ?? []
    if (act === undefined) continue
    lane.setThread(item, threadId)
    await acts[act](JSON.parse(given))
    lane.setThread(item, 0)
  }
  return answer(task)
}
