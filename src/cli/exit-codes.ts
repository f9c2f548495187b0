// The exit codes of all commands. Scripts rely on them: the meaning of a number never changes.

export const exitCodes = {
  ok: 0,
  /** The data or the contract was rejected; stderr or stdout has the details. */
  rejected: 1,
  /** Usage error: unknown option, missing file. */
  usage: 2,
  /** No daemon answers. */
  unreachable: 3,
  /** Stopped by ^C after finishing the payloads in flight. 128 + SIGINT, as in shells. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
