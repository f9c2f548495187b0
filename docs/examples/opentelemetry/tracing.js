// Spans of the calls of sidelane. Needs @opentelemetry/api, and an SDK that was set up before.
import { tracingChannel } from 'node:diagnostics_channel'
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'

const tracer = trace.getTracer('sidelane')
const spans = new WeakMap()

/** Makes a span of each call of every processor and rollout. Returns a function that stops it. */
export function traceCalls() {
  const channel = tracingChannel('sidelane:process')
  channel.subscribe(subscribers)
  return () => channel.unsubscribe(subscribers)
}

const subscribers = {
  start(event) {
    // The parent: the active span, else what the call site passed as `traceparent`, as routes of sidelane do with the header.
    const { traceparent } = event
    const active = context.active()
    const isActive = trace.getSpan(active) !== undefined
    const parent = isActive || traceparent === undefined ? active : propagation.extract(active, { traceparent })
    const attributes = { 'sidelane.contract': event.contract, 'sidelane.contract_id': event.contractId }
    const span = tracer.startSpan(`sidelane ${event.contract}`, { kind: SpanKind.INTERNAL, attributes }, parent)
    spans.set(event, span)
    // The daemon logs the trace of this span.
    const carrier = {}
    propagation.inject(trace.setSpan(parent, span), carrier)
    event.traceparent = carrier.traceparent ?? traceparent
  },
  end() {},
  error(event) {
    const span = spans.get(event)
    span?.recordException(event.error)
    span?.setStatus({ code: SpanStatusCode.ERROR, message: event.code })
  },
  asyncStart() {},
  asyncEnd(event) {
    const span = spans.get(event)
    // A call that began before this subscriber has no span.
    if (span === undefined) return
    span.setAttributes({
      'sidelane.placement': event.placement,
      'sidelane.engine': event.engine,
      'sidelane.code': event.code,
      'sidelane.in_bytes': event.inBytes,
      'sidelane.out_bytes': event.outBytes,
      ...(event.side !== undefined && { 'sidelane.side': event.side }),
      ...(event.fallback !== undefined && { 'sidelane.fallback': event.fallback }),
      ...(event.runUs !== undefined && { 'sidelane.run_us': event.runUs, 'sidelane.queue_us': event.queueUs }),
    })
    span.end()
  },
}
