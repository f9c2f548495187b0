// The result of one check of `sidelane doctor`. The checks are in doctor-machine, doctor-engines, doctor-auto and
// doctor-self-test.

/** `fail`: something is broken. `warn`: it works but can be improved. */
export type Status = 'ok' | 'warn' | 'fail'

export interface Check {
  /** A stable name, for programs. */
  readonly id: string
  readonly status: Status
  /** The finding, in a few words. */
  readonly found: string
  /** How to fix or improve it, in one line. */
  readonly advice?: string
  /** The measured values, for programs. */
  readonly details?: Readonly<Record<string, unknown>>
}
