// Process entry: the other side of the bare socket loop (client.ts). It reads what has come, waits as long as the work would take, and
// writes all answers at once.

import { createServer, type Socket } from 'node:net'
import process from 'node:process'
import { loadContract } from 'sidelane'
import { frameHead, idAt, waitForWork } from './layout.ts'
import { Outcomes } from './outcomes.ts'

const [path, lock] = process.argv.slice(2) as [string, string]
const outcomes = new Outcomes(loadContract(lock))

function serve(socket: Socket): void {
  let pending: Buffer[] = []
  let isScheduled = false
  const schedule = (): void => {
    if (isScheduled) return
    isScheduled = true
    // When the socket is empty.
    setImmediate(() => void answer())
  }
  socket
    .on('error', () => {})
    .on('data', (chunk: Buffer) => {
      pending.push(chunk)
      schedule()
    })
  const answer = async (): Promise<void> => {
    const from = performance.now()
    const bytes = Buffer.concat(pending)
    pending = []
    const parts: Uint8Array[] = []
    let at = 0
    let worked = 0
    while (bytes.length - at >= frameHead) {
      const end = at + frameHead + bytes.readUInt32LE(at)
      if (end > bytes.length) break
      const known = outcomes.of(bytes.subarray(at + frameHead, end))
      const outcome = known instanceof Uint8Array ? known : await known
      const head = Buffer.alloc(frameHead)
      head.writeUInt32LE(outcome.length, 0)
      head.writeUInt32LE(bytes.readUInt32LE(at + idAt), idAt)
      parts.push(head, outcome)
      worked += end - at
      at = end
    }
    isScheduled = false
    // What came while an outcome was made.
    if (pending.length > 0) schedule()
    if (at < bytes.length) pending.unshift(bytes.subarray(at))
    waitForWork(worked, from)
    socket.write(Buffer.concat(parts))
  }
}

createServer(serve).listen(path)
process.stdin.on('end', () => process.exit()).resume()
