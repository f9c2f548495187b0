// node server.js
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createProcessor } from 'sidelane'
import { receive, respond } from 'sidelane/fetch'
import { order } from '../order.contract.js'

const pool = await createProcessor(order, { placement: 'pool' })
const app = new Hono()
const stored = new Map()

// Answers with the canonical JSON, compressed.
app.post('/canonical', async (c) => respond(c.req.raw, await receive(pool, c.req.raw)))

// Stores the compressed bytes and answers for itself.
app.post('/orders', async (c) => {
  const outcome = await receive(pool, c.req.raw)
  if (outcome instanceof Response) return outcome
  const { digest } = outcome
  stored.set(digest, outcome)
  return c.json({ digest }, 201, { Location: `/orders/${digest}` })
})

// Sends the stored bytes as they are.
app.get('/orders/:digest', (c) => {
  const outcome = stored.get(c.req.param('digest'))
  return outcome ? respond(c.req.raw, outcome) : c.notFound()
})

const server = serve({ fetch: app.fetch, port: process.env.PORT ?? 3000 })
process.once('SIGTERM', () => server.close(() => pool.close()))
