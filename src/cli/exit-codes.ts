// The exit codes of all commands.

/** Scripts rely on these: the meaning of a number never changes. */
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
  /** The reader closed the output before all was written. 128 + SIGPIPE, as of programs that the signal ends. */
  outputClosed: 141,
  /** Stopped by SIGTERM after finishing the payloads in flight. 128 + SIGTERM. */
  terminated: 143,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
