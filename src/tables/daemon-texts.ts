// The texts that both daemons print, log or send; `{name}` stands for a value (util/fill-template.ts). The Rust functions
// are generated from here: `npm run generate:tables`.

/** Wrong options and files: printed at the start, with exit code 2. */
export const configTexts = {
  unknownOption: 'Unknown option {option}',
  unknownVariable: 'Unknown variable {variable}',
  unknownKey: 'Unknown key {key} in {file}',
  expectedValue: 'Expected {name} to be {expected}, got {value}',
  expectedNoValue: 'Expected `{flag}` without a value',
  expectedOnce: 'Expected `{flag}` once',
  cannotRead: 'Cannot read {file}: {reason}',
  expectedObject: 'Expected {file} to hold a JSON object',
  expectedContract: 'Expected at least one `--contract PATH`',
  expectedOneSocket: 'Expected one socket from LISTEN_FDS, got `{count}`',
  expectedNoSocket: 'Expected no `--socket`: the socket comes from LISTEN_FDS',
  unknownDigestKey: 'Expected `--digest-key-file` to name a contract that is served, got `{name}`',
  expectedDigestKey:
    'Expected `--digest-key-file {name}=FILE` for the contract of {lock}, which has the digest hmac-sha-256',
  wouldListen: 'would listen on {place}',
  wouldServe: 'would serve {contract}',
  tryHelp: 'Try: --help',
} as const

/** Why the socket cannot be used: printed at the start, with exit code 1 or 2. */
export const socketTexts = {
  pathTooLong: 'The path of a socket takes at most {limit} bytes, and `{path}` has {bytes}.',
  cannotMakeDirectory: 'The directory `{directory}` cannot be made: {reason}',
  notADirectory: '`{directory}` is not a directory.',
  foreignDirectory: 'The directory `{directory}` belongs to uid {uid}, not to us.',
  openDirectory: 'The directory `{directory}` must have mode 0700, and has 0{mode}.',
  noParent: 'There is no directory {directory}',
  parentNotADirectory: '{directory} is not a directory',
  othersMayWrite: 'Others may write to {directory}: they could replace the socket',
  cannotUse: 'Cannot use {path}: {reason}',
  notASocket: '{path} is not a socket; it is left as it is',
  foreignSocket: '{path} is a socket of uid {uid}, not ours; it is left as it is',
  cannotProbe: 'Cannot tell who has {path}: {reason}',
  inUse: '{path} is in use: a daemon answers there. With --takeover it is replaced',
  lostRace: '{path} is in use: another daemon was faster',
  cannotBind: 'Cannot listen beside {path}: {reason}',
  cannotPublish: 'Cannot publish {path}: {reason}',
  cannotRepublish: 'The socket is gone and cannot be published again: {reason}',
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
  warning: 'warn',
} as const

/** Why a daemon drains: `why` of the event `draining`. */
export const drainCauses = {
  takenOver: 'taken over',
  stdinEnded: 'stdin ended',
  sigterm: 'SIGTERM',
  sigint: 'SIGINT',
} as const

/** Why a daemon is not ready: `reasons` of /readyz, in this order. */
export const unreadyReasons = ['draining', 'taken-over', 'memory', 'starting'] as const

/** What a framed connection fails with. */
export const framedTexts = {
  responseTooLong: 'The answer is longer than the connection allows.',
  frameTimeout: 'a frame is not complete in time',
  handshakeTimeout: 'no HELLO in time',
} as const

/** `detail` of a problem that an HTTP request is refused with. */
export const httpTexts = {
  bareLineFeed: 'A line ends with a bare LF.',
  requestLine: 'The request line is malformed.',
  version: 'Only HTTP/1.1 is spoken here.',
  target: 'The target does not begin with a slash.',
  headTooLong: 'The head has more than 8192 bytes.',
  tooManyFields: 'There are more than 64 header fields.',
  field: 'A header field is malformed.',
  host: 'Expected one Host.',
  expectation: 'Nothing but 100-continue can be expected.',
  contentLength: 'Content-Length is malformed.',
  twoLengths: 'Content-Length and Transfer-Encoding exclude each other.',
  transferCoding: 'The only transfer coding is one "chunked".',
  chunkLine: 'A line of the body ends with a bare LF.',
  chunkSize: 'The size of a chunk is malformed.',
  chunkEnd: 'A chunk is longer than its size.',
  trailer: 'A trailer is malformed.',
  trailersTooLong: 'The trailers have more than 1024 bytes.',
  extensionsTooLong: 'Chunk extensions have more than 1024 bytes.',
  endsEarly: 'The request ends early.',
  timeout: 'The request is not there in time.',
  contentEncoding: 'Content-Encoding must be identity.',
  deadline: 'Sidelane-Deadline-Ms must be an integer from 1 to 60000.',
} as const
