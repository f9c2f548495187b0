// node --import ./sdk.js server.js, where sdk.js sets up an OpenTelemetry SDK
import { once } from 'node:events'
import { createServer } from 'node:http'
import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { createProcessor } from 'sidelane'
import { receive, respond } from 'sidelane/express'
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

// Reads the body within the limits of the contract, and refuses what is not accepted.
const receiveOrder = receive(processor)

const server = createServer((request, response) => {
  void withSpan(request, async () => {
    const closed = once(response, 'close')
    receiveOrder(request, response, (error) => {
      if (error === undefined) respond(request, response)
      else response.writeHead(500).end()
    })
    await closed
  })
}).listen(process.env.PORT ?? 3000)
process.once('SIGTERM', () => {
  // Calls in flight end their spans first.
  server.close(() => processor.close().then(stopTracing))
})
