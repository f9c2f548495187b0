// The options of a daemon, in the order of --help: names, values, help and defaults. `Options` in server/config follows from
// this table; the table of sidelaned is generated from it: `npm run generate:tables`.

/** The kinds of values, with the name of a value in the help; a switch takes none. */
export const valueKinds = {
  path: 'PATH',
  paths: 'PATH',
  'named-files': 'NAME=FILE',
  choice: 'NAME',
  integer: 'N',
  id: 'GROUP',
  ids: 'UID',
  'octal-mode': 'MODE',
  loopback: 'ADDR',
  address: 'HOST:PORT',
  sans: 'SAN',
  share: 'SHARE',
  switch: undefined,
} as const

export type ValueKind = keyof typeof valueKinds

interface HelpTexts {
  readonly help: string
  readonly defaultText?: string
}

export interface DaemonOption extends HelpTexts {
  /** Key in the configuration file; `maxQueue` is `SIDELANED_MAX_QUEUE` in the environment. */
  readonly key: string
  /** Where it does not follow from the key as `--max-queue` from `maxQueue`. */
  readonly flag?: string
  readonly kind: ValueKind
  /** The name of the value, where it is not that of its kind. In brackets: the flag may stand without a value. */
  readonly metavar?: string
  readonly choices?: readonly string[]
  /** Of an integer; without `max` up to 2^53 - 1. */
  readonly min?: number
  readonly max?: number
  readonly default?: string | number
  /** The default as the help shows it, where it depends on the machine. */
  readonly defaultText?: string
  /** What the help of sidelaned shows instead. */
  readonly sidelaned?: HelpTexts
  readonly notInFile?: true
}

export const daemonOptions = [
  {
    key: 'socket',
    metavar: '[PATH]',
    kind: 'path',
    help: 'where to listen',
    defaultText: '$XDG_RUNTIME_DIR/sidelane/sidelane.sock, else\nsidelane-UID/sidelane.sock in the temp directory',
  },
  {
    key: 'contracts',
    flag: '--contract',
    kind: 'paths',
    help: 'a lock file, or a directory of *.lock.json; repeatable',
  },
  {
    key: 'digestKeyFiles',
    flag: '--digest-key-file',
    kind: 'named-files',
    help: 'key of a contract with hmac-sha-256; repeatable',
  },
  { key: 'config', kind: 'path', metavar: 'FILE', help: 'options from a JSON file', notInFile: true },
  {
    key: 'engine',
    kind: 'choice',
    choices: ['auto', 'native', 'js'],
    default: 'auto',
    help: 'auto, native or js',
    sidelaned: { help: 'auto or native, which are the same here' },
  },
  {
    key: 'placement',
    kind: 'choice',
    choices: ['inline', 'pool'],
    default: 'inline',
    help: 'inline, or pool: worker threads',
    sidelaned: { help: 'inline, on all threads' },
  },
  {
    key: 'threads',
    kind: 'integer',
    min: 1,
    max: 1_024,
    defaultText: 'cores - 1',
    help: 'workers of the pool',
    sidelaned: { help: 'threads that serve', defaultText: 'cores' },
  },
  { key: 'maxQueue', kind: 'integer', min: 1, max: 1_000_000, default: 1_024, help: 'most payloads in a queue' },
  {
    key: 'maxQueueMs',
    kind: 'integer',
    min: 1,
    max: 60_000,
    default: 20,
    help: 'longest wait in a queue that does not become empty, in ms',
  },
  {
    key: 'spinUs',
    kind: 'integer',
    min: 0,
    max: 1_000,
    default: 100,
    defaultText: '100, with one core 0',
    help: 'how long a thread polls after its last answer,\nin µs',
  },
  {
    key: 'maxBytes',
    kind: 'integer',
    min: 1_048_576,
    default: 67_108_864,
    help: 'most bytes of all request bodies together',
  },
  {
    key: 'maxInFlight',
    kind: 'integer',
    min: 1,
    max: 65_535,
    default: 256,
    help: 'requests in flight on a connection',
  },
  {
    key: 'maxConnections',
    kind: 'integer',
    min: 1,
    max: 1_000_000,
    default: 256,
    defaultText: '256, fewer where\nthe limit of open files is low',
    help: 'open connections',
  },
  {
    key: 'deadlineMs',
    kind: 'integer',
    min: 1,
    max: 60_000,
    default: 1_000,
    help: 'deadline of an HTTP request that names none',
  },
  { key: 'drainMs', kind: 'integer', min: 0, max: 600_000, default: 10_000, help: 'time to finish after SIGTERM' },
  { key: 'takeover', kind: 'switch', help: 'takes the socket from a running daemon' },
  {
    key: 'allowOpenDirectory',
    kind: 'switch',
    help: 'accepts a directory that others may write to, and\ncould replace the socket in',
  },
  { key: 'socketMode', kind: 'octal-mode', default: 0o600, help: 'octal' },
  { key: 'socketGroup', kind: 'id', help: 'numeric group id that the socket belongs to' },
  {
    key: 'allowUids',
    flag: '--allow-uid',
    kind: 'ids',
    defaultText: 'its own uid',
    help: 'who may connect; repeatable. sidelaned only',
  },
  {
    key: 'memoryLimit',
    kind: 'integer',
    min: 1,
    defaultText: "the\ncgroup's, else the machine's",
    help: 'bytes for the watermark of /readyz',
  },
  { key: 'metricsListen', kind: 'loopback', help: '127.0.0.1:PORT or [::1]:PORT: health and metrics over TCP' },
  { key: 'tlsListen', kind: 'address', help: 'an IP address and a port: serves over mutual TLS 1.3, too' },
  { key: 'tlsCert', kind: 'path', metavar: 'FILE', help: 'certificate chain of the daemon in PEM' },
  { key: 'tlsKey', kind: 'path', metavar: 'FILE', help: 'its private key in PEM; others may not read the file' },
  {
    key: 'tlsClientCa',
    kind: 'path',
    metavar: 'FILE',
    help: 'certificates in PEM that client certificates are signed by',
  },
  {
    key: 'tlsAllowSans',
    flag: '--tls-allow-san',
    kind: 'sans',
    defaultText: 'every client certificate of the CA',
    help: 'DNS name or URI of a client that may connect;\nrepeatable',
  },
  { key: 'logSample', kind: 'share', default: 0.01, help: 'share of requests that get a log line' },
  {
    key: 'leakWindowMs',
    kind: 'integer',
    min: 0,
    max: 86_400_000,
    default: 600_000,
    help: 'a leak is suspected when the memory in use grows in\nsix windows of this time in a row; 0: never',
  },
  {
    key: 'leakBytesPerHour',
    kind: 'integer',
    min: 0,
    default: 67_108_864,
    help: 'and by more than this in an hour',
  },
  { key: 'crashDir', kind: 'path', metavar: 'DIR', help: 'where a crash leaves a report, without payload bytes' },
  {
    key: 'allowCoreDumps',
    kind: 'switch',
    help: 'risk: a core file holds payloads and keys, and others of\nthis uid may trace the process',
  },
  { key: 'exitWithStdin', kind: 'switch', help: 'drains and exits when stdin ends' },
  {
    key: 'contractsFromStdin',
    kind: 'switch',
    help: 'contracts and their keys as JSON lines from stdin;\nimplies --exit-with-stdin',
  },
  { key: 'removeDirectory', kind: 'switch', help: "when stdin ends, removes the socket's directory" },
] as const
