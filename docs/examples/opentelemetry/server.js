// node --import ./sdk.js server.js, where sdk.js sets up an OpenTelemetry SDK
import { createServer } from 'node:http'
import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { createProcessor } from 'sidelane'
import { order } from '../order.contract.js'
import { traceCalls } from './tracing.js'

const stopTracing = traceCalls()
const { SOCKET: socket } = process.env
const placement = socket === undefined ? { placement: 'pool' } : { placement: 'sidecar', socket }
const processor = await createProcessor(order, placement)
const tracer = trace.getTracer('orders')

// An instrumentation of node:http does this for you.
const withSpan = (request, run) =>
  context.with(propagation.extract(ROOT_CONTEXT, request.headers), () =>
    tracer.startActiveSpan(`${request.method} ${request.url}`, async (span) => {
      try {
        return await run()
      } finally {
        span.end()
      }
    }),
  )

const server = createServer(async (request, response) => {
  await withSpan(request, async () => {
    try {
      const outcome = await processor.process(Buffer.concat(await request.toArray()))
      response.writeHead(outcome.ok ? 201 : outcome.status).end()
    } catch (error) {
      response.writeHead(error.status ?? 500).end()
    }
  })
}).listen(process.env.PORT ?? 3000)
process.once('SIGTERM', () => {
  stopTracing()
  server.close(() => processor.close())
})
