// The pool's worker with a faulty engine: a payload `{"act":"exit","with":0}` triggers a fault when the engine begins that
// payload, after the outcomes of earlier payloads are written. All other payloads run in the shipped worker.
import { pbkdf2Sync } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { BatchBuffer, words } from '../../build/src/placements/pool/batch-layout.js'
import { run as answer } from '../../build/src/placements/pool/worker.js'

const acts = {
  /** Milliseconds. */
  sleep: (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
  /** Until the file is gone. */
  hold(file) {
    while (existsSync(file)) acts.sleep(1)
  },
  /** Creates a file, as a mark that the payload ran. */
  touch: (file) => writeFileSync(file, ''),
  exit: () => process.exit(7),
  exitOnce(file) {
    if (existsSync(file)) return
    writeFileSync(file, '')
    process.exit(7)
  },
  /** Throws outside of a task: the worker dies. */
  uncaught() {
    queueMicrotask(() => {
      throw new Error('thrown outside of any task')
    })
  },
  /** Throws inside the task: the worker survives. */
  throw() {
    throw new TypeError('thrown out of the task')
  },
  spin() {
    for (;;);
  },
  /** Runs native code for `ms`: not even terminating the thread interrupts it. */
  nativeSpin(ms) {
    const probe = 20_000
    // Another process may take the core during one probe.
    const times = Array.from({ length: 3 }, () => {
      const startedAt = performance.now()
      pbkdf2Sync('', '', probe, 32, 'sha256')
      return performance.now() - startedAt
    })
    pbkdf2Sync('', '', Math.max(1, Math.round((probe * ms) / Math.min(...times))), 32, 'sha256')
  },
  heap() {
    const kept = []
    for (;;) kept.push(Array(100_000).fill(0.5))
  },
  /** Returns a result that cannot be cloned. */
  uncloneable: () => void (spoil = (given) => ({ ...given, extra: () => {} })),
  /** Returns a value that is not a result. */
  nonsense: () => void (spoil = () => 7),
  /** Returns a result with an invalid duration. */
  timeless: () => void (spoil = (given) => ({ ...given, us: Number.NaN })),
}

let task
let spoil

const { setThread } = BatchBuffer.prototype
BatchBuffer.prototype.setThread = function (item, thread) {
  setThread.call(this, item, thread)
  if (thread === 0) return
  const [chunk, offset, length] = [words.chunk, words.offset, words.length].map((word) => this.get(item, word))
  actOn(new Uint8Array(task.chunks[chunk], offset, length))
}

function actOn(bytes) {
  if (bytes.length > 500) return
  const [, act, given] = /^\{"act":"(\w+)","with":(.+)\}$/.exec(Buffer.from(bytes).toString()) ?? []
  if (act !== undefined) acts[act](JSON.parse(given))
}

export function run(next) {
  task = next
  spoil = (given) => given
  const given = answer(next)
  return spoil(given)
}
