// What a check of `sidelane doctor` says. The checks themselves are beside: doctor-machine, doctor-engines,
// doctor-auto, doctor-self-test.

/** `fail`: something is broken. `warn`: it works, and could be better. */
export type Status = 'ok' | 'warn' | 'fail'

export interface Check {
  /** Stable, for programs. */
  readonly id: string
  readonly status: Status
  /** What was found, in a few words. */
  readonly found: string
  /** What to do about it, in one line. */
  readonly advice?: string
  /** The figures behind it, for programs. */
  readonly details?: Readonly<Record<string, unknown>>
}
