// node worker.js: one of any number of workers
import { runQueueWorker } from 'sidelane/bullmq'
import { order } from '../order.contract.js'

const worker = await runQueueWorker([order], {
  connection: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
  placement: 'pool',
  onEvent: (event) => console.error(JSON.stringify(event)),
})
console.log('ready')
process.once('SIGTERM', () => worker.close())
await worker.closed
