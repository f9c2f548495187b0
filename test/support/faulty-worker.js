// The pool's worker with a faulty engine: a payload `{"act":"exit","with":0}` makes it act at the moment at which the engine
// begins that payload, with the answers to the payloads before it written already. All else is the shipped worker's work.
import { pbkdf2Sync } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { Lane } from '../../dist/placements/pool/batch-layout.js'
import { run as answer } from '../../dist/placements/pool/worker.js'

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
  /** Outside of any task. */
  uncaught() {
    queueMicrotask(() => {
      throw new Error('thrown outside of any task')
    })
  },
  /** Out of the task itself: the worker lives on. */
  throw() {
    throw new TypeError('thrown out of the task')
  },
  spin() {
    for (;;);
  },
  /** Native code for so many milliseconds: nothing can interrupt it, not even the end of the thread. */
  nativeSpin(ms) {
    const probe = 50_000
    const startedAt = performance.now()
    pbkdf2Sync('', '', probe, 32, 'sha256')
    const spentMs = performance.now() - startedAt
    pbkdf2Sync('', '', Math.max(1, Math.round((probe * (ms - spentMs)) / spentMs)), 32, 'sha256')
  },
  heap() {
    const kept = []
    for (;;) kept.push(Array.from({ length: 10_000 }, Math.random))
  },
  /** An answer that cannot cross to another thread. */
  uncloneable: () => void (spoil = (given) => ({ ...given, extra: () => {} })),
  /** An answer that is none. */
  nonsense: () => void (spoil = () => 7),
  /** An answer with a measurement that is none. */
  timeless: () => void (spoil = (given) => ({ ...given, us: Number.NaN })),
}

let task
let spoil

const { setThread } = Lane.prototype
Lane.prototype.setThread = function (item, thread) {
  setThread.call(this, item, thread)
  if (thread !== 0) actOn(new Uint8Array(task.chunks[this.chunk(item)], this.offset(item), this.length(item)))
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
