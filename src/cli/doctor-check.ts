// The result of one check of `sidelane doctor`. The checks are in doctor-machine, doctor-engines and doctor-self-test.

type Details = Readonly<Record<string, unknown>>

export interface Check {
  /** A stable name, for programs. */
  readonly id: string
  /** `fail`: something is broken. `warn`: it works but can be improved. */
  readonly status: 'ok' | 'warn' | 'fail'
  /** The finding, in a few words. */
  readonly found: string
  /** How to fix or improve it, in one line. */
  readonly advice?: string
  /** The measured values, for programs. */
  readonly details?: Details
}

export const ok = (id: string, found: string, details: Details): Check => ({ id, status: 'ok', found, details })

type Problem = (id: string, found: string, details: Details, advice: string) => Check

const problem =
  (status: Check['status']): Problem =>
  (id, found, details, advice) => ({ id, status, found, advice, details })

export const warn: Problem = problem('warn')
export const fail: Problem = problem('fail')
