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

type Expectation = (isMet: boolean, id: string, found: string, details: Details, advice: string) => Check

const expectation =
  (otherwise: Check['status']): Expectation =>
  (isMet, id, found, details, advice) =>
    isMet ? ok(id, found, details) : { id, status: otherwise, found, advice, details }

/** `ok` where the expectation is met, else `warn` or `fail` with the advice. */
export const warnUnless: Expectation = expectation('warn')
export const failUnless: Expectation = expectation('fail')

/** The check of something that throws. */
export function failedBy(error: unknown, id: string, advice: string): Check {
  const { code, message } = error as { readonly code?: string; readonly message: string }
  return { id, status: 'fail', found: code === undefined ? message : `${code}: ${message}`, advice }
}
