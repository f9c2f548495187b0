// The metrics of a daemon: name, type and help of each, the values of their labels, and the bounds of the histograms. The
// Rust tables are generated from here: `npm run generate:tables`.

/** `[type, help]` by name, in the order of the page. */
export const metrics = {
  sidelane_requests_total: ['counter', 'Requests by contract, protocol and how they ended.'],
  sidelane_queue_wait_seconds: ['histogram', 'Time that payloads waited for their turn.'],
  sidelane_run_seconds: ['histogram', 'Time that payloads took.'],
  sidelane_in_flight: ['gauge', 'Payloads that wait or run.'],
  sidelane_queued: ['gauge', 'Payloads that wait.'],
  sidelane_queued_bytes: ['gauge', 'Bytes of all bodies.'],
  sidelane_connections: ['gauge', 'Open connections.'],
  sidelane_received_bytes_total: ['counter', 'Bytes read from clients.'],
  sidelane_sent_bytes_total: ['counter', 'Bytes written to clients.'],
  sidelane_sheds_total: ['counter', 'Requests and connections that were refused, by the bound they met.'],
  sidelane_log_dropped_total: ['counter', 'Log lines that nobody took.'],
  sidelane_reloads_total: ['counter', 'Reloads of the contracts.'],
  sidelane_contracts: ['gauge', 'Contracts that are served.'],
  sidelane_ready: ['gauge', '1 when /readyz says so.'],
  sidelane_uptime_seconds: ['gauge', 'Seconds since the start.'],
  sidelane_rss_bytes: ['gauge', 'Resident memory of the process.'],
  sidelane_pss_bytes: ['gauge', 'The same, with shared pages in proportion.'],
  sidelane_allocated_bytes: ['gauge', 'Memory that is in use.'],
  sidelane_allocator_resident_bytes: ['gauge', 'Memory that the allocator holds.'],
  sidelane_info: ['gauge', 'Always 1; the labels say what runs.'],
} as const

export type MetricName = keyof typeof metrics

/** The label `protocol`. */
export const protocols = ['framed', 'http'] as const

/** The label `reason` of `sidelane_sheds_total`: the limit that was reached. */
export const shedReasons = ['queue', 'bytes', 'in_flight', 'output', 'memory', 'connections', 'draining'] as const

/** The label `result` of `sidelane_reloads_total`. */
export const reloadResults = ['ok', 'failed'] as const

/** Upper bounds of the histogram buckets, in microseconds; a last bucket takes what is above. */
export const bucketBoundsUs = [
  25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
] as const
