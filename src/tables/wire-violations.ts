// How a peer breaks the framed protocol (wire/WIRE.md). A daemon sends the text to the client; `{name}` stands for a value.
// The Rust functions of the first two tables are generated from here: `npm run generate:tables`.

/** Violations that both sides detect. */
export const violations = {
  kind: "kind {kind} is unknown, or the other side's",
  flags: 'flags {flags} are unknown for kind {kind}',
  hugeId: 'an id is beyond 2^53 - 1',
  longHello: 'a HELLO has {length} bytes, more than {cap}',
  longPing: 'a PING or PONG has {length} bytes, more than {cap}',
  payload: 'a CANCEL or GOAWAY has a payload',
  fieldEnd: 'HELLO has a field that does not end',
  contractSize: 'CONTRACT is of wrong size',
} as const

/** Violations of a client, which a daemon detects. */
export const clientViolations = {
  zeroId: 'a REQUEST has id 0',
  oldId: 'a REQUEST has an id that is not greater than all before',
  noTrace: 'a REQUEST is shorter than its trace context',
  longRequest: 'a REQUEST has {length} bytes, more than twice the cap of {cap}',
  longClient: 'CLIENT is longer than {cap} bytes',
  contractName: 'CONTRACT has a name that no contract may have',
} as const

/**
 * Violations of a daemon, which a client detects: a stable reason, `params.reason` of the error `unavailable`, and the text.
 * Those of the first table have the reason `violation.frame`.
 */
export const serverViolations = {
  zeroId: ['violation.answer', 'an answer has id 0'],
  unknownId: ['violation.answer', 'an answer has the id of no request'],
  pong: ['violation.answer', 'a PONG answers no PING'],
  manyPings: ['violation.answer', '{count} PINGs arrived while nothing was read'],
  longAnswer: ['violation.length', 'an answer has {length} bytes, more than the cap of {cap}'],
  slowFrame: ['violation.length', 'a frame was not complete within {ms} ms'],
  limitsSize: ['violation.hello', 'LIMITS is of wrong size'],
  helloFields: ['violation.hello', 'HELLO lacks SERVER or LIMITS'],
  helloEngine: ['violation.hello', 'HELLO names no engine'],
  helloUnasked: ['violation.hello', 'a HELLO answers what was not asked'],
  contractId: ['violation.contract', 'a CONTRACT is served with another id than the requested one'],
  contractIndex: ['violation.contract', 'a CONTRACT has the index of another one, or one that was skipped'],
  contractStatus: ['violation.contract', 'a CONTRACT has a status that its id and index exclude'],
  outcome: ['violation.outcome', 'an answer is not an outcome of its kind and size'],
  accepted: ['violation.outcome', 'an ACCEPTED does not fit the request and its contract: {what}'],
  text: ['violation.outcome', 'the text of an answer is malformed: {what}'],
  code: ['violation.code', 'an answer has an unknown code, or one that it cannot have'],
  codeNumber: ['violation.code', 'the code of an answer is not that of its header'],
} as const

/** Why a sidecar is unavailable, beside the violations: `params.reason` of the error. */
export const unavailableReasons = {
  connect: 'nothing accepts connections at the address',
  tls: 'the daemon and the client do not accept each other over TLS',
  forbidden: 'the mode of the socket or of a directory, or the daemon, excludes the user of the client',
  foreign: 'what listens at the path is no daemon of sidelane',
  version: 'the daemon has another version of the protocol',
  limits: 'a cap of the daemon is smaller than what the contract needs',
  draining: 'the daemon is shutting down',
  ended: 'the daemon ended the connection with the error that is the cause',
  lost: 'the connection was lost',
  silent: 'the daemon did not answer in time',
} as const

export type ViolationReason = 'violation.frame' | (typeof serverViolations)[keyof typeof serverViolations][0]
export type UnavailableReason = keyof typeof unavailableReasons | ViolationReason
