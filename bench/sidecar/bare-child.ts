// Process entry: a bare Unix socket, 4 KB out and 1.4 KB back, one exchange at a time. Its cost on the main thread is
// the minimum of every client at depth 1 whose service sleeps in between: writes, reads and wake-ups.

import { mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import { answerAsks } from '../../src/measure/child.ts'
import { cpuMeter } from '../../src/measure/cpu.ts'

const requestBytes = 4096
const answerBytes = 1400
/** The time a daemon takes for a payload; meanwhile the client's core goes idle. */
const workMs = 0.035

const peer = `const { workerData, parentPort } = require('node:worker_threads')
const { path, requestBytes, answerBytes, workMs } = workerData
const answer = Buffer.alloc(answerBytes)
const work = () => {
  for (const until = performance.now() + workMs; performance.now() < until; );
}
require('node:net').createServer((socket) => {
  let bytes = 0
  socket.on('data', (chunk) => {
    for (bytes += chunk.length; bytes >= requestBytes; bytes -= requestBytes) {
      work()
      socket.write(answer)
    }
  })
}).listen(path, () => parentPort.postMessage('up'))`

const folder = mkdtempSync(join(tmpdir(), 'sidelane-bare-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 's.sock')

const worker = new Worker(peer, { eval: true, workerData: { path, requestBytes, answerBytes, workMs } })
const up = once(worker, 'message')
const request = Buffer.alloc(requestBytes)
const buffer = Buffer.alloc(64 * 1024)
const meter = cpuMeter()
let missing = 0
let answered: () => void = () => {}

async function open(): Promise<(slotMs: number) => Promise<number>> {
  await up
  const socket = connect({
    path,
    onread: {
      buffer,
      callback: (bytes) => {
        missing -= bytes
        if (missing <= 0) answered()
        return true
      },
    },
  })
  await once(socket, 'connect')
  const exchange = (): Promise<void> => {
    missing = answerBytes
    socket.write(request)
    return new Promise((resolve) => (answered = resolve))
  }
  return async (slotMs) => {
    const stop = meter.start()
    const until = performance.now() + slotMs
    let exchanges = 0
    for (; performance.now() < until; exchanges++) await exchange()
    return stop() / exchanges
  }
}

const opened = open()

const answers = {
  /** CPU of the main thread for each exchange, in µs. */
  slot: async (slotMs: number): Promise<number> => (await opened)(slotMs),
}
export type BareAnswers = typeof answers

answerAsks(answers)
