// The exit codes of every command. Scripts rely on them; a number is never given a second meaning.

export const exitCodes = {
  ok: 0,
  /** The data or the contract was rejected; what and why is on stderr (or in the results on stdout). */
  rejected: 1,
  /** The command was called wrongly: unknown option, missing file. */
  usage: 2,
  /** No daemon answers. */
  unreachable: 3,
  /** ^C: what was begun is finished, the rest is not. 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
