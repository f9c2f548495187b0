// node server.js
import express from 'express'
import { createProcessor } from 'sidelane'
import { receive, respond } from 'sidelane/express'
import { order } from '../order.contract.js'

const pool = await createProcessor(order, { placement: 'pool' })
const app = express()
const stored = new Map()

// Answers with the canonical JSON, compressed.
app.post('/canonical', receive(pool), respond)

// Stores the compressed bytes and answers for itself.
app.post('/orders', receive(pool), (req, res) => {
  const { digest } = res.locals.sidelane
  stored.set(digest, res.locals.sidelane)
  res.status(201).location(`/orders/${digest}`).json({ digest })
})

// Sends the stored bytes as they are.
app.get('/orders/:digest', (req, res, next) => {
  res.locals.sidelane = stored.get(req.params.digest)
  respond(req, res, next)
})

const server = app.listen(process.env.PORT ?? 3000)
process.once('SIGTERM', () => server.close(() => pool.close()))
