// Process entry: an endpoint whose work moves by percent from the code from before (zod and zlib) to a sidecar. The route
// calls `rollout.process`, whichever side answers. Prints its address; ROLLOUT_FILE holds the percent.

import process from 'node:process'
import { gzipSync } from 'node:zlib'
import Fastify from 'fastify'
import { createProcessor, createRollout, defineContract, norm, type Via } from 'sidelane'
import * as z from 'zod'

// The code from before, as it stands.
const before = z.strictObject({
  id: z.int().min(1),
  email: z.string().trim().toLowerCase().pipe(z.email()),
  note: z.string().max(10_000).optional(),
})

function oldPath(payload: unknown) {
  const parsed = before.safeParse(JSON.parse(String(payload)))
  if (!parsed.success) return { ok: false as const, issues: parsed.error.issues }
  return { ok: true as const, body: gzipSync(JSON.stringify(parsed.data), { level: 1 }) }
}

const order = defineContract({
  name: 'order',
  schema: z.strictObject({
    id: z.int().min(1),
    email: norm(z.email(), ['trim', 'lower']),
    note: z.string().max(10_000).optional(),
  }),
})

const rollout = await createRollout({
  contract: order,
  baseline: oldPath,
  candidate: await createProcessor(order, { placement: 'sidecar', launch: true }),
  file: process.env['ROLLOUT_FILE'],
  shadow: 10,
  deadlineMs: 500,
  guards: {
    // A restart of the daemon is bridged by the fallback. It is no reason to go back.
    errorRate: { max: 0.5, minCalls: 50 },
    deadlineRate: { max: 0.05, minCalls: 20 },
    p95AddedMs: { max: 250, minCalls: 100 },
    windowMs: 10_000,
  },
})

const pathOf = ({ side, fallback }: Via): string =>
  fallback === undefined ? (side === 'candidate' ? 'new' : 'old') : `fallback ${fallback}`

const app = Fastify()
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

app.post('/orders', async ({ body }, reply) => {
  const outcome = await rollout.process(body)
  reply.header('x-path', pathOf(outcome.via))
  if (!outcome.ok) return reply.code(outcome.status).send({ code: outcome.code })
  return reply.code(201).send({ bytes: outcome.body.length })
})

app.get('/stats', () => rollout.stats())
app.addHook('onClose', () => rollout.close())

process.stdout.write(`${await app.listen({ port: 0, host: '127.0.0.1' })}\n`)

const close = (): void => void app.close().then(() => process.exit(0))
process.once('SIGTERM', close)
// The parent is gone.
process.stdin.once('end', close).resume()
