// The options of a daemon, in the order of --help: names, values, help and defaults. `Options` in server/config follows from
// this table; the table of sidelaned is generated from it: `npm run generate:tables`.

/** What a value may be. `choice` and `integer` have their range beside it. */
export type ValueKind =
  | 'path'
  | 'paths'
  | 'named-files'
  | 'choice'
  | 'integer'
  | 'id'
  | 'ids'
  | 'octal-mode'
  | 'loopback'
  | 'share'
  | 'switch'

interface HelpTexts {
  readonly help: string
  readonly defaultText?: string
}

export interface DaemonOption {
  /** Key in the configuration file. */
  readonly key: string
  readonly flag: string
  /** Without the prefix `SIDELANED_`. Default: the flag in capitals. */
  readonly env?: string
  /** The value's name in the help; a switch has none. In brackets: the flag may stand without a value. */
  readonly metavar?: string
  readonly kind: ValueKind
  readonly choices?: readonly string[]
  /** Of an integer; without `max` up to 2^53 - 1. */
  readonly min?: number
  readonly max?: number
  readonly default?: string | number
  /** The default as the help shows it, where it depends on the machine. */
  readonly defaultText?: string
  readonly help: string
  /** What the help of one daemon shows instead. */
  readonly node?: HelpTexts
  readonly sidelaned?: HelpTexts
  readonly notInFile?: true
}

export const daemonOptions = [
  {
    key: 'socket',
    flag: '--socket',
    metavar: '[PATH]',
    kind: 'path',
    help: 'where to listen',
    defaultText: '$XDG_RUNTIME_DIR/sidelane/sidelane.sock, else\nsidelane-UID/sidelane.sock in the temp directory',
  },
  {
    key: 'contracts',
    flag: '--contract',
    env: 'CONTRACTS',
    metavar: 'PATH',
    kind: 'paths',
    help: 'a lock file, or a directory of *.lock.json; repeatable',
  },
  {
    key: 'digestKeyFiles',
    flag: '--digest-key-file',
    env: 'DIGEST_KEY_FILES',
    metavar: 'NAME=FILE',
    kind: 'named-files',
    help: 'key of a contract with hmac-sha-256; repeatable',
  },
  { key: 'config', flag: '--config', metavar: 'FILE', kind: 'path', help: 'options from a JSON file', notInFile: true },
  {
    key: 'engine',
    flag: '--engine',
    metavar: 'NAME',
    kind: 'choice',
    choices: ['auto', 'native', 'js'],
    default: 'auto',
    help: 'auto, native or js',
    sidelaned: { help: 'auto or native, which are the same here' },
  },
  {
    key: 'placement',
    flag: '--placement',
    metavar: 'NAME',
    kind: 'choice',
    choices: ['inline', 'pool'],
    default: 'inline',
    help: 'inline, or pool: worker threads',
    sidelaned: { help: 'inline, on all threads' },
  },
  {
    key: 'threads',
    flag: '--threads',
    metavar: 'N',
    kind: 'integer',
    min: 1,
    max: 1_024,
    defaultText: 'cores - 1',
    help: 'workers of the pool',
    sidelaned: { help: 'threads that serve', defaultText: 'cores' },
  },
  {
    key: 'maxQueue',
    flag: '--max-queue',
    metavar: 'N',
    kind: 'integer',
    min: 1,
    max: 1_000_000,
    default: 1_024,
    help: 'most payloads that wait',
  },
  {
    key: 'maxQueueMs',
    flag: '--max-queue-ms',
    metavar: 'N',
    kind: 'integer',
    min: 1,
    max: 60_000,
    default: 20,
    help: 'how long a queue that stands may take, in ms',
  },
  {
    key: 'spinUs',
    flag: '--spin-us',
    metavar: 'N',
    kind: 'integer',
    min: 0,
    max: 1_000,
    default: 100,
    defaultText: '100, with one core 0',
    help: 'how long a thread stays awake after its last answer,\nin µs',
  },
  {
    key: 'maxBytes',
    flag: '--max-bytes',
    metavar: 'N',
    kind: 'integer',
    min: 1_048_576,
    default: 67_108_864,
    help: 'most bytes of all bodies together',
  },
  {
    key: 'maxInFlight',
    flag: '--max-in-flight',
    metavar: 'N',
    kind: 'integer',
    min: 1,
    max: 65_535,
    default: 256,
    help: 'requests in flight on a connection',
  },
  {
    key: 'maxConnections',
    flag: '--max-connections',
    metavar: 'N',
    kind: 'integer',
    min: 1,
    max: 1_000_000,
    default: 256,
    defaultText: '256, fewer where\nthe limit of open files is low',
    help: 'open connections',
  },
  {
    key: 'deadlineMs',
    flag: '--deadline-ms',
    metavar: 'N',
    kind: 'integer',
    min: 1,
    max: 60_000,
    default: 1_000,
    help: 'of an HTTP request that names none',
  },
  {
    key: 'drainMs',
    flag: '--drain-ms',
    metavar: 'N',
    kind: 'integer',
    min: 0,
    max: 600_000,
    default: 10_000,
    help: 'time to finish after SIGTERM',
  },
  { key: 'takeover', flag: '--takeover', kind: 'switch', help: 'takes the socket from a daemon that has it' },
  { key: 'socketMode', flag: '--socket-mode', metavar: 'MODE', kind: 'octal-mode', default: 0o600, help: 'octal' },
  {
    key: 'socketGroup',
    flag: '--socket-group',
    metavar: 'GROUP',
    kind: 'id',
    help: 'numeric group id that the socket belongs to',
  },
  {
    key: 'allowUids',
    flag: '--allow-uid',
    env: 'ALLOW_UIDS',
    metavar: 'UID',
    kind: 'ids',
    defaultText: 'its own uid',
    help: 'who may connect; repeatable. sidelaned only: Node cannot ask',
  },
  {
    key: 'memoryLimit',
    flag: '--memory-limit',
    metavar: 'N',
    kind: 'integer',
    min: 1,
    defaultText: "the\ncgroup's, else the machine's",
    help: 'bytes for the watermark of /readyz',
  },
  {
    key: 'metricsListen',
    flag: '--metrics-listen',
    metavar: 'ADDR',
    kind: 'loopback',
    help: '127.0.0.1:PORT or [::1]:PORT: health and metrics over TCP',
  },
  {
    key: 'logSample',
    flag: '--log-sample',
    metavar: 'SHARE',
    kind: 'share',
    default: 0.01,
    help: 'share of requests that get a log line',
  },
  { key: 'exitWithStdin', flag: '--exit-with-stdin', kind: 'switch', help: 'ends, drained, when stdin ends' },
] as const
