// The texts that both daemons print, log or send; `{name}` stands for a value (util/fill-template.ts). The Rust functions
// are generated from here: `npm run generate:tables`.

/** Wrong options and files: printed at the start, with exit code 2. */
export const configTexts = {
  unknownOption: 'Unknown option {option}',
  unknownVariable: 'Unknown variable {variable}',
  unknownKey: 'Unknown key {key} in {file}',
  hiddenKey: '(not shown)',
  expectedValue: 'Expected {name} to be {expected}, got {value}',
  expectedNoValue: 'Expected `{flag}` without a value',
  expectedOnce: 'Expected `{flag}` once',
  expectedObject: 'Expected {file} to hold a JSON object',
  expectedContract: 'Expected at least one `--contract PATH`',
  refusedLine: 'Line {number} of stdin: {reason}',
  noContract: 'it is no contract',
  expectedOneSocket: 'Expected one socket from LISTEN_FDS, got `{count}`',
  expectedNoSocket: 'Expected no `--socket`: the socket comes from LISTEN_FDS',
  unknownDigestKey: 'Expected `--digest-key-file` to name a contract that is served, got `{name}`',
  expectedDigestKey: 'Expected `--digest-key-file {name}=FILE`: the contract of {lock} has the digest hmac-sha-256',
  wouldListen: 'would listen on {place}',
  wouldListenTls: 'would listen on {address} over TLS',
  wouldServe: 'would serve {contract}',
  expectedTlsListen: 'Expected `--tls-listen HOST:PORT` with `{flag}`',
  expectedTlsFile: 'Expected `{flag} FILE` with `--tls-listen`',
  cannotUseCrashDir: 'Cannot use {directory} of --crash-dir: {reason}',
  tryHelp: 'Try: --help',
} as const

/** What a value of the configuration file is, instead of the value. */
export const jsonTypes = {
  null: 'null',
  boolean: 'a boolean',
  number: 'a number',
  string: 'a string',
  array: 'an array',
  object: 'an object',
} as const

/** Why the socket cannot be used: printed at the start, with exit code 1 or 2. */
export const socketTexts = {
  pathTooLong: 'The path of a socket may have {limit} bytes, and `{path}` has {bytes}.',
  cannotMakeDirectory:
    'The directory `{directory}` cannot be made: {reason}. Give `--socket PATH`, or set XDG_RUNTIME_DIR or TMPDIR to a directory that can be written to',
  notDirectory: '`{directory}` is not a directory.',
  foreignDirectory: 'The directory `{directory}` belongs to uid {uid}, not to us.',
  openDirectory: 'The directory `{directory}` must have mode 0700, not 0{mode}.',
  noParent:
    'There is no directory {directory}. Make one that only its owner may write to: (umask 077 && mkdir -p {directory})',
  parentNotDirectory: '{directory} is not a directory',
  othersMayWrite:
    'Others may write to {directory} (mode 0{mode}): they could replace the socket. Use a directory that only its owner may write to, such as $XDG_RUNTIME_DIR, or run: chmod go-w {directory}',
  foreignParent:
    '{directory} belongs to uid {uid}, who could replace the socket. It must belong to root or to uid {own}',
  tooManyLinks: 'The path of {directory} has too many symbolic links',
  cannotUse: 'Cannot use {path}: {reason}',
  notSocket: '{path} is not a socket, and is not replaced',
  foreignSocket: '{path} is a socket of uid {uid}, not ours, and is not replaced',
  cannotProbe: 'Cannot tell whether {path} is in use: {reason}',
  inUse: '{path} is in use by a running daemon; --takeover replaces it',
  lostRace: '{path} is in use: another daemon published it first',
  cannotBind: 'Cannot bind a temporary socket beside {path}: {reason}',
  cannotPublish: 'Cannot publish {path}: {reason}',
  cannotInherit: 'Cannot listen on LISTEN_FDS: {reason}',
  notUnixStream: 'it is not a Unix stream socket',
  cannotRepublish: 'The socket is gone and cannot be published again: {reason}',
} as const

/** Why the files of `--tls-listen` are refused, as a reason of `fileTexts.cannotRead`; why its address or that of `--metrics-listen` is. */
export const tlsTexts = {
  noCertificate: 'it holds no certificate in PEM',
  malformed: 'it holds a certificate that is malformed',
  noKey: 'it holds no private key in PEM of a kind that is supported, without a passphrase',
  otherKey: 'it is not the key of the certificate {certificate}',
  /** By the library of the Node daemon. */
  refused: 'OpenSSL refuses it with {code}',
  openMode: 'others may read or replace it: it must have a mode such as 0600 or 0640, not 0{mode}',
  cannotListen: 'Cannot listen on {address}: {reason}',
  EADDRINUSE: 'it is in use',
  EADDRNOTAVAIL: 'this machine does not have the address',
  EACCES: 'permission denied',
  other: 'the system answers with error {number}',
} as const

/** Why `ping` and `stats` get no answer, and what they print instead of text that is not a daemon's. */
export const clientTexts = {
  noAnswer: 'no answer within {ms} ms',
  tooLong: 'the answer has more than {limit} bytes',
  closed: 'it closed without an answer',
  notDaemon: 'the answer is not that of a daemon',
  forbidden: 'the daemon does not serve uid {uid}; its --allow-uid names those that it does',
  noReason: 'no reason given',
} as const

/** The events of the log, by their level. `request` has the level `error` from status 500 on. */
export const logEvents = {
  listening: 'info',
  request: 'info',
  reloaded: 'info',
  reload_failed: 'error',
  republished: 'warn',
  taken_over: 'info',
  draining: 'info',
  stopped: 'info',
  accept_failed: 'error',
  log_dropped: 'warn',
  refused: 'warn',
  /** The first connection of a peer over TLS. */
  peer_connected: 'info',
  warning: 'warn',
  leak_suspected: 'warn',
  leak_ended: 'info',
  crash_reports: 'warn',
  /** Of sidelaned only. */
  panic: 'error',
  /** Of sidelaned only: a fatal signal. */
  crash: 'error',
} as const

/** Events that tell the state of the daemon; who launched it waits for them. Lines of other events never take their place in the log. */
export const stateEvents = [
  'listening',
  'reloaded',
  'reload_failed',
  'republished',
  'taken_over',
  'draining',
  'stopped',
] as const

/** Why a daemon drains: `why` of the event `draining`. */
export const drainCauses = {
  takenOver: 'taken over',
  stdinEnded: 'stdin ended',
  sigterm: 'SIGTERM',
  sigint: 'SIGINT',
} as const

/** Why a daemon is not ready: `reasons` of /readyz, in this order. */
export const unreadyReasons = ['draining', 'taken-over', 'memory', 'leak', 'starting'] as const

/** What a framed connection fails with. */
export const framedTexts = {
  frameTimeout: 'a frame was not complete in time',
  handshakeTimeout: 'no HELLO was received in time',
} as const

/** `detail` of the problem that an HTTP request is refused with. What node:http refuses has its words. */
export const httpTexts = {
  requestLine: 'The request line is malformed.',
  version: 'Only HTTP/1.1 is supported.',
  target: 'The target is neither a path nor an absolute URL.',
  emptyLines: 'More than 8 empty lines precede the request.',
  headTooLong: 'The head, or the trailers, have more than 8192 bytes.',
  tooManyFields: 'There are more than 64 header fields.',
  bareLineFeed: 'A line ends with a bare LF.',
  field: 'A header field is malformed.',
  host: 'Expected one Host.',
  expectation: 'Only 100-continue can be expected.',
  contentLength: 'Content-Length is malformed.',
  twoLengths: 'Content-Length and Transfer-Encoding exclude each other.',
  transferCoding: 'The only transfer coding is one "chunked".',
  chunkLine: 'A line of the body ends with a bare LF.',
  chunkSize: 'The size of a chunk is malformed.',
  chunkEnd: 'A chunk is longer than its size.',
  extensionsTooLong: 'The chunk extensions are too long.',
  endsEarly: 'The request ends early.',
  timeout: 'The request is not complete in time.',
  contentEncoding: 'Content-Encoding must be identity.',
  deadline: 'Sidelane-Deadline-Ms must be an integer from 1 to 60000.',
} as const
