// What an app without sidelane does: a worker of BullMQ with one payload a job, and zod and zlib in it.

import process from 'node:process'
import { Worker, type Job } from 'bullmq'
import { zodZlib } from '../peers/zod-zlib.ts'

const [port = '', queue = ''] = process.argv.slice(2)
const run = zodZlib({ source: 'orders' }, 1)

function work(job: Job): { readonly ok: boolean; readonly body?: string } {
  const { text } = job.data as { readonly text: string }
  const answer = run(Buffer.from(text))
  return answer.ok ? { ok: true, body: Buffer.from(answer.body).toString('base64') } : { ok: false }
}

const worker = new Worker(queue, (job) => Promise.resolve(work(job)), {
  connection: { host: '127.0.0.1', port: Number(port), maxRetriesPerRequest: null },
  concurrency: 50,
  // The result stays for the app, as with sidelane.
  removeOnComplete: { age: 600 },
})
await worker.waitUntilReady()
process.send?.('ready')
process.once('SIGTERM', () => void worker.close().then(() => process.exit()))
