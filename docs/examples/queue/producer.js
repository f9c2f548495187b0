// node producer.js: submits some orders, and prints how many were accepted, and the codes of the others
import { createQueueProcessor } from 'sidelane/bullmq'
import { order } from '../order.contract.js'

const queue = await createQueueProcessor(order, {
  connection: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
})
const orders = Array.from({ length: 1000 }, (_, index) => ({ id: index + 1, email: ` Customer${index}@Example.org ` }))

let accepted = 0
for await (const item of queue.stream(orders)) {
  if (item.ok) accepted++
  else console.error(item.code)
}
console.log(`${accepted} accepted`)
await queue.close()
