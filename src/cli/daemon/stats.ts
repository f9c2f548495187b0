// `sidelane stats`: prints the metrics of a daemon: totals, outcomes, latencies, memory.

import { formatBytes, formatCount, formatDuration } from '../format-units.ts'
import { askDaemon, printable } from './daemon-client.ts'
import { tlsHelp, tlsOption, tlsOptions } from './tls-options.ts'
import { exitCodes, readValues, type Command, type OptionTable } from '../command.ts'
import type { Io } from '../io.ts'
import { MetricSamples, type Sample } from './parse-prometheus.ts'

const topic = 'stats'

const help = `sidelane stats [--socket PATH] [--json]

Shows what a daemon has done since its start: outcomes, times, memory. The values come from its /metrics.

  --socket PATH           or tls://HOST:PORT; default: $XDG_RUNTIME_DIR/sidelane/sidelane.sock, else
                          sidelane-UID/sidelane.sock in the temp directory
${tlsHelp(24)}
  --json                  every sample as JSON: [{"name","labels","value"}]

Examples
  sidelane stats
  sidelane stats --socket /run/app/sidelane.sock --json | jq '.[] | select(.name == "sidelane_requests_total")'

Exit codes: ${exitCodes.ok} ok, ${exitCodes.rejected} no metrics, ${exitCodes.usage} usage error, ${exitCodes.unreachable} no daemon answers.
`

const options = {
  socket: { value: 'file' },
  ...tlsOptions,
  json: {},
} as const satisfies OptionTable

export const stats: Command = {
  summary: 'show what a daemon has done since its start',
  help,
  options,
  async run(args, io) {
    const values = readValues(topic, args, options)
    const response = await askDaemon(topic, values.socket, '/metrics', io, tlsOption(topic, values.socket, values))
    if (response === undefined) return exitCodes.unreachable
    const { socket, status, body } = response
    if (status !== 200) {
      io.log(`sidelane: ${socket}: /metrics answers with ${status}`)
      return exitCodes.rejected
    }
    // JSON escapes them.
    const samples = new MetricSamples(values.json ? body : body.replaceAll(/[^\n]+/g, printable))
    io.print(values.json ? `${JSON.stringify(samples.list, undefined, 2)}\n` : table(samples, io.style))
    return exitCodes.ok
  },
}

function table(samples: MetricSamples, style: Io['style']): string {
  const value = (name: string): number => samples.value(`sidelane_${name}`)
  const [info] = samples.named('sidelane_info')
  const { daemon = '', version = '', engine = '' } = info?.labels ?? {}
  const rows: readonly (readonly [string, string])[] = [
    ['daemon', `${daemon} ${version}, ${engine} engine, up ${formatDuration(1000 * value('uptime_seconds'))}`],
    ['ready', value('ready') === 1 ? 'yes' : 'no'],
    ['contracts', formatCount(value('contracts'))],
    ['connections', labelled(samples.named('sidelane_connections'), 'protocol')],
    [
      'in flight',
      `${formatCount(value('in_flight'))}, ${formatCount(value('queued'))} of them queued (${formatBytes(value('queued_bytes'))})`,
    ],
    ['refused', labelled(samples.named('sidelane_sheds_total'), 'reason')],
    ...overTls(samples),
    ['bytes', `${formatBytes(value('received_bytes_total'))} in, ${formatBytes(value('sent_bytes_total'))} out`],
    ['waited', quantiles(samples, 'sidelane_queue_wait_seconds')],
    ['ran', quantiles(samples, 'sidelane_run_seconds')],
    ['memory', `${formatBytes(value('rss_bytes'))} RSS, ${formatBytes(value('pss_bytes'))} PSS`],
    ['allocator', allocator(samples)],
    ['crashes', `${formatCount(value('crash_reports'))} reports, ${formatCount(value('panics_total'))} panics`],
    ['log lines lost', formatCount(value('log_dropped_total'))],
  ]
  const requests = samples
    .named('sidelane_requests_total')
    .map(
      ({ labels, value: calls }) =>
        [
          formatCount(calls),
          `${labels['contract'] ?? ''}  ${labels['protocol'] ?? ''}  ${labels['code'] ?? ''}`,
        ] as const,
    )
  const line = (width: number, [name, text]: readonly [string, string]): string => `  ${name.padEnd(width)}  ${text}\n`
  const wide = Math.max(0, ...requests.map(([calls]) => calls.length))
  return [
    ...rows.map((row) => line(14, row)),
    `\n${style('bold', 'Requests')}\n`,
    ...(requests.length === 0
      ? ['  none yet\n']
      : requests.map(([calls, what]) => line(wide, [calls.padStart(wide), what]))),
  ].join('')
}

/** Connections, and why others were refused; nothing of a daemon without --tls-listen. */
function overTls(samples: MetricSamples): readonly (readonly [string, string])[] {
  const refused = labelled(samples.named('sidelane_tls_refused_total'), 'reason')
  const connections = samples.value('sidelane_tls_connections')
  if (connections === 0 && refused === 'none') return []
  return [['over TLS', `${formatCount(connections)} open, refused: ${refused}`]]
}

/** Memory in use, and held by the allocator; musl does not tell. */
function allocator(samples: MetricSamples): string {
  const [used] = samples.named('sidelane_allocated_bytes')
  const [held] = samples.named('sidelane_allocator_resident_bytes')
  if (used === undefined || held === undefined) return 'unknown'
  const leak = samples.value('sidelane_leak_suspected') === 1 ? ', and it grows: a leak is suspected' : ''
  return `${formatBytes(used.value)} in use, ${formatBytes(held.value)} held${leak}`
}

/** `1 framed, 2 http`; samples of 0 are omitted. */
const labelled = (samples: readonly Sample[], label: string): string =>
  samples
    .filter(({ value }) => value > 0)
    .map(({ labels, value }) => `${formatCount(value)} ${labels[label] ?? ''}`)
    .join(', ') || 'none'

/** Quantiles as upper bounds: the exact values within a histogram bucket are not known. */
function quantiles(samples: MetricSamples, name: string): string {
  const buckets = samples.named(`${name}_bucket`)
  const total = samples.value(`${name}_count`)
  if (total === 0) return 'nothing yet'
  const at = (share: number): string => {
    const bound = buckets.find(({ value }) => value >= share * total)?.labels['le'] ?? '+Inf'
    return bound === '+Inf' ? `> ${millis(Number(buckets.at(-2)?.labels['le']))}` : `≤ ${millis(Number(bound))}`
  }
  const mean = samples.value(`${name}_sum`) / total
  return `mean ${millis(mean)}, p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}`
}

const millis = (seconds: number): string => `${Number((1000 * seconds).toPrecision(3))} ms`
