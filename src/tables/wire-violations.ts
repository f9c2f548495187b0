// How a peer breaks the framed protocol (wire/WIRE.md). A daemon sends the text to the client; `{name}` stands for a value.
// The Rust functions are generated from here: `npm run generate:tables`.

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
