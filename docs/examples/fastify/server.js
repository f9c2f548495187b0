// node server.js
import Fastify from 'fastify'
import { respond, sidelane } from 'sidelane/fastify'
import { order } from '../order.contract.js'

const app = Fastify()
const stored = new Map()

// Opens a pool, and closes it with the app.
await app.register(sidelane, { placement: 'pool' })

// Answers with the canonical JSON, compressed.
app.post('/canonical', { contract: order }, respond)

// Stores the compressed bytes and answers for itself.
app.post('/orders', { contract: order }, (request, reply) => {
  const { digest } = request.sidelane
  stored.set(digest, request.sidelane)
  reply.code(201).header('location', `/orders/${digest}`).send({ digest })
})

// Sends the stored bytes as they are.
app.get('/orders/:digest', (request, reply) => {
  request.sidelane = stored.get(request.params.digest)
  return request.sidelane ? respond(request, reply) : reply.callNotFound()
})

await app.listen({ port: process.env.PORT ?? 3000 })
process.once('SIGTERM', () => app.close())
