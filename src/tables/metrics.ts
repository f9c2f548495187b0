// The metrics of a daemon: name, type and help of each, the values of their labels, and the bounds of the histograms. The
// Rust tables are generated from here: `npm run generate:tables`.

/** `[type, help]` by name, in the order of the page. */
export const metrics = {
  sidelane_requests_total: ['counter', 'Requests by contract, protocol and result code.'],
  sidelane_queue_wait_seconds: ['histogram', 'Time that payloads waited in the queue.'],
  sidelane_run_seconds: ['histogram', 'Time that the engine took for a payload.'],
  sidelane_in_flight: ['gauge', 'Payloads that wait or run.'],
  sidelane_queued: ['gauge', 'Payloads that wait.'],
  sidelane_queued_bytes: ['gauge', 'Bytes of all request bodies in memory.'],
  sidelane_connections: ['gauge', 'Open connections.'],
  sidelane_received_bytes_total: ['counter', 'Bytes read from clients.'],
  sidelane_sent_bytes_total: ['counter', 'Bytes written to clients.'],
  sidelane_sheds_total: ['counter', 'Requests and connections that were refused, by the limit that was reached.'],
  sidelane_tls_connections: ['gauge', 'Connections of verified peers over TLS.'],
  sidelane_tls_handshakes: ['gauge', 'TLS handshakes in progress.'],
  sidelane_tls_refused_total: ['counter', 'Connections to --tls-listen that were refused, by the reason.'],
  sidelane_log_dropped_total: ['counter', 'Log lines that were dropped.'],
  sidelane_worker_restarts_total: ['counter', 'Workers that ended and were replaced, by the cause.'],
  sidelane_reloads_total: ['counter', 'Reloads of the contracts.'],
  sidelane_contracts: ['gauge', 'Contracts that are served.'],
  sidelane_ready: ['gauge', '1 when /readyz answers 200.'],
  sidelane_uptime_seconds: ['gauge', 'Seconds since the start.'],
  sidelane_rss_bytes: ['gauge', 'Resident memory of the process.'],
  sidelane_pss_bytes: ['gauge', 'Resident memory, with shared pages counted in proportion.'],
  sidelane_allocated_bytes: ['gauge', 'Memory that the allocator has given out.'],
  sidelane_allocator_resident_bytes: ['gauge', 'Memory that the allocator holds.'],
  sidelane_leak_suspected: ['gauge', '1 while the memory in use grows from window to window.'],
  sidelane_panics_total: ['counter', 'Panics of native code.'],
  sidelane_crash_reports: ['gauge', 'Reports in the directory of --crash-dir.'],
  sidelane_info: ['gauge', 'Always 1; the labels name the version, the daemon and its engine.'],
} as const

export type MetricName = keyof typeof metrics

/** The label `protocol`. */
export const protocols = { framed: 'The framed protocol.', http: 'HTTP/1.1.' } as const

/** The label `reason` of `sidelane_sheds_total`: why a request or a connection was refused. */
export const shedReasons = {
  queue: 'The queue is full.',
  bytes: 'The byte budget of all bodies is used up.',
  in_flight: 'The connection has too many requests in flight.',
  output: 'The client does not read its answers.',
  memory: 'The process is near its memory limit.',
  connections: 'Too many connections are open.',
  draining: 'The daemon drains.',
} as const

/** The label `reason` of `sidelane_tls_refused_total`: why a connection to --tls-listen was refused. */
export const tlsRefusals = {
  protocol: 'The bytes are no TLS, or break it.',
  version: 'The client does not offer TLS 1.3.',
  alpn: 'The client names no protocol of the daemon.',
  no_certificate: 'The client has no certificate.',
  certificate: 'The certificate of the client is not one of the CA, or not for clients.',
  expired: 'The certificate of the client has expired, or is not valid yet.',
  san: 'No name of the certificate may connect.',
  timeout: 'The handshake was not complete in time.',
  handshakes: 'Too many handshakes were in progress: the oldest was ended.',
  closed: 'The client ended the handshake.',
  peer_connections: 'The peer has too many connections.',
  connections: 'Too many connections are open over TLS.',
} as const

/** The label `cause` of `sidelane_worker_restarts_total`, and the fields of `stats().restarts`: why a worker was replaced. */
export const restartCauses = {
  exit: 'It ended by itself.',
  error: 'An uncaught exception or a panic ended it.',
  memory: 'It reached its heap limit.',
  hung: 'It was ended because it hung at a payload.',
  load: 'It could not load.',
} as const

/** The label `result` of `sidelane_reloads_total`. */
export const reloadResults = ['ok', 'failed'] as const

/** Upper bounds of the histogram buckets, in microseconds; a last bucket takes what is above. */
export const bucketBoundsUs = [
  25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
] as const
