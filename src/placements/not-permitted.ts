// The error of a placement that `node --permission` does not permit.

import { SidelaneError } from '../model/index.ts'
import { missingFlag } from '../util/node-permission.ts'

/** `engine.unavailable` with the flag to add; undefined when the error has another cause. `what`: "Worker threads are". */
export function notPermitted(what: string, error: unknown): SidelaneError | undefined {
  const flag = missingFlag(error)
  if (flag === undefined) return undefined
  return new SidelaneError('engine.unavailable', {
    message: `${what} not permitted in this process: start node with ${flag}, or use placement "inline".`,
    cause: error,
    params: { flag },
  })
}
