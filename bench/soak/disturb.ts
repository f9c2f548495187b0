// What disturbs the daemons during the soak: reloads, and peers that speak no protocol or stop in the middle.

import { connect } from 'node:net'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { seeded } from '../payloads/random.ts'

const reloadMs = 1000

/** Reloads the contracts once a second. */
export async function reload(pids: readonly number[], end: AbortSignal): Promise<number> {
  let count = 0
  while (!end.aborted) {
    for (const pid of pids) process.kill(pid, 'SIGHUP')
    count++
    await sleep(reloadMs)
  }
  return count
}

const openings = [
  '',
  'GET / HTTP/1.1\r\nHost: x\r\n',
  'POST /v1/contracts/order/process HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{"a":',
  'POST /v1/contracts/none/process HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}',
  'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n\r\n',
  'SLN',
  '\u0000\u0001\u0002\u0003',
]

/** Connects, sends the beginning of something, and leaves after up to 50 ms. */
export async function connectBadPeers(sockets: readonly string[], end: AbortSignal, seed: number): Promise<number> {
  const random = seeded(seed)
  let count = 0
  while (!end.aborted) {
    const socket = connect(random.pick(sockets))
    socket.on('error', () => {})
    socket.write(random.pick(openings))
    if (random.chance(0.5)) socket.resume()
    setTimeout(() => socket.destroy(), random.int(0, 50))
    count++
    await sleep(10)
  }
  return count
}
