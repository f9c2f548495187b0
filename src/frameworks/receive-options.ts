// The options of a route.

import {
  check,
  functionRule,
  isObject,
  msRule,
  rule,
  type Contract,
  type Rule,
  type SidelaneError,
} from '../model/index.ts'

/** Options of a route. */
export interface ReceiveOptions {
  /** The contract, or the name of the one that the processor serves. Needed with a host; with a processor it is checked. */
  readonly contract?: Contract | string | undefined
  /** Time limit of each call, in ms, 1 to 60,000. Default: the host's. */
  readonly deadlineMs?: number | undefined
  /**
   * Called with each fault that is a mistake of the server (status 500), for a log. Default: one line of `console.error`,
   * without the message of the cause, which may quote the payload.
   */
  readonly onError?: ((error: SidelaneError) => void) | undefined
}

/** Options of a route of a host. */
export interface HostReceiveOptions<In = unknown, Out = In> extends ReceiveOptions {
  /** It selects the processor. */
  readonly contract: Contract<In, Out>
}

const rules: Readonly<Record<keyof ReceiveOptions, Rule>> = {
  contract: rule('a contract or the name of one', (value) => typeof value === 'string' || isObject(value)),
  deadlineMs: msRule(60_000),
  onError: functionRule,
}

/** Throws `options.invalid`. */
export const checkReceiveOptions = (options: ReceiveOptions): void => check('receive', options, rules)
