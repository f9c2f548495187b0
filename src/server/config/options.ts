// The options of the daemon, one row each: its three names, what it takes, and its line of help. The defaults are in
// settings.ts; sidelaned has the same rows.

import {
  choice,
  integer,
  loopback,
  namedFiles,
  path,
  paths,
  share,
  socketMode,
  uid,
  uids,
  yes,
  type Address,
  type ValueKind,
} from './parsers.ts'

/** What is given of each option. */
export interface Options {
  socket?: string | true
  contracts?: readonly string[]
  digestKeyFiles?: Readonly<Record<string, string>>
  config?: string
  engine?: 'auto' | 'native' | 'js'
  placement?: 'inline' | 'pool'
  threads?: number
  maxQueue?: number
  maxQueueMs?: number
  spinUs?: number
  maxBytes?: number
  maxInFlight?: number
  maxConnections?: number
  deadlineMs?: number
  drainMs?: number
  takeover?: boolean
  socketMode?: number
  socketGroup?: number
  allowUids?: readonly number[]
  memoryLimit?: number
  metricsListen?: Address
  logSample?: number
  exitWithStdin?: boolean
}

export type OptionKey = keyof Options

export interface Row {
  readonly key: OptionKey
  readonly flag: string
  readonly env: string
  /** The value in the help; none: the flag takes none. */
  readonly metavar: string | undefined
  readonly help: string
  readonly kind: ValueKind<unknown>
  /** Not a key of the file. */
  readonly notInFile?: boolean
  /** The flag may stand without its value. */
  readonly optional?: boolean
}

type Given<K extends OptionKey> = NonNullable<Options[K]>
/** `true` beside a text: the flag stands alone. */
type Parsed<K extends OptionKey> = Given<K> extends boolean ? boolean : Exclude<Given<K>, true>

type Extra = Pick<Row, 'notInFile' | 'optional'> & { readonly env?: string }

function row<K extends OptionKey>(
  key: K,
  flag: string,
  metavar: string | undefined,
  kind: ValueKind<Parsed<K>>,
  help: string,
  extra: Extra = {},
): Row {
  const env = extra.env ?? flag.toUpperCase().replaceAll('-', '_')
  return { key, flag: `--${flag}`, metavar, kind, help, ...extra, env: `SIDELANED_${env}` }
}

const anyBytes = (min: number): ValueKind<number> => integer(min, Number.MAX_SAFE_INTEGER)

export const rows: readonly Row[] = [
  row(
    'socket',
    'socket',
    '[PATH]',
    path,
    'where to listen (default: $XDG_RUNTIME_DIR/sidelane/sidelane.sock, else\nsidelane-UID/sidelane.sock in the temp directory)',
    { optional: true },
  ),
  row('contracts', 'contract', 'PATH', paths, 'a lock file, or a directory of *.lock.json; repeatable', {
    env: 'CONTRACTS',
  }),
  row('digestKeyFiles', 'digest-key-file', 'NAME=FILE', namedFiles, 'key of a contract with hmac-sha-256; repeatable', {
    env: 'DIGEST_KEY_FILES',
  }),
  row('config', 'config', 'FILE', path, 'options from a JSON file', { notInFile: true }),
  row('engine', 'engine', 'NAME', choice('auto', 'native', 'js'), 'auto (default), native or js'),
  row('placement', 'placement', 'NAME', choice('inline', 'pool'), 'inline (default), or pool: worker threads'),
  row('threads', 'threads', 'N', integer(1, 1024), 'workers of the pool (default: cores - 1)'),
  row('maxQueue', 'max-queue', 'N', integer(1, 1_000_000), 'most payloads that wait (default: 1024)'),
  row(
    'maxQueueMs',
    'max-queue-ms',
    'N',
    integer(1, 60_000),
    'how long a queue that stands may take, in ms (default: 20)',
  ),
  row(
    'spinUs',
    'spin-us',
    'N',
    integer(0, 1000),
    'how long a thread stays awake after its last answer,\nin µs (default: 100, with one core 0)',
  ),
  row('maxBytes', 'max-bytes', 'N', anyBytes(1_048_576), 'most bytes of all bodies together (default: 67108864)'),
  row('maxInFlight', 'max-in-flight', 'N', integer(1, 65_535), 'requests in flight on a connection (default: 256)'),
  row(
    'maxConnections',
    'max-connections',
    'N',
    integer(1, 1_000_000),
    'open connections (default: 256, fewer where\nthe limit of open files is low)',
  ),
  row('deadlineMs', 'deadline-ms', 'N', integer(1, 60_000), 'of an HTTP request that names none (default: 1000)'),
  row('drainMs', 'drain-ms', 'N', integer(0, 600_000), 'time to finish after SIGTERM (default: 10000)'),
  row('takeover', 'takeover', undefined, yes, 'takes the socket from a daemon that has it'),
  row('socketMode', 'socket-mode', 'MODE', socketMode, 'octal (default: 0600)'),
  row('socketGroup', 'socket-group', 'GROUP', uid, 'numeric group id that the socket belongs to'),
  row('allowUids', 'allow-uid', 'UID', uids, 'sidelaned only: Node cannot ask who connects', { env: 'ALLOW_UIDS' }),
  row(
    'memoryLimit',
    'memory-limit',
    'N',
    anyBytes(1),
    "bytes for the watermark of /readyz (default: the\ncgroup's, else the machine's)",
  ),
  row('metricsListen', 'metrics-listen', 'ADDR', loopback, '127.0.0.1:PORT or [::1]:PORT: health and metrics over TCP'),
  row('logSample', 'log-sample', 'SHARE', share, 'share of requests that get a log line (default: 0.01)'),
  row('exitWithStdin', 'exit-with-stdin', undefined, yes, 'ends, drained, when stdin ends'),
]

/** The lines of --help about the options. */
function helpLines(): string {
  const extra: readonly (readonly [string, string])[] = [
    ['--check', 'checks options and contracts, says what would be served, and ends'],
    ['--help, --version', ''],
  ]
  const lines = [
    ...rows.map(({ flag, metavar, help }) => [metavar ? `${flag} ${metavar}` : flag, help] as const),
    ...extra,
  ]
  const width = Math.max(...lines.map(([name]) => name.length)) + 2
  return lines
    .map(([name, help]) => `  ${name.padEnd(width)}${help.replaceAll('\n', `\n${' '.repeat(width + 2)}`)}`.trimEnd())
    .join('\n')
}

/** The whole --help. `program`: how it is called. */
export const daemonHelp = (program: string): string => `${program} --socket [PATH] --contract LOCK...

Serves contracts on a Unix socket, to the clients of sidelane and over HTTP/1.1.

${helpLines()}

A flag wins over the environment (SIDELANED_SOCKET, SIDELANED_MAX_QUEUE, …; lists with ":" between), the environment over the file.

SIGHUP reads the contracts again. SIGTERM and SIGINT finish what has been received, a second one ends at once.
Exit codes: 0 drained, 1 cannot listen, 2 wrong options or contracts.`
