import { SidelaneError } from '../../src/model/index.ts'

/** The SidelaneError that `run` throws; another error, or none, fails the test. */
export function faultOf(run: () => unknown): SidelaneError {
  try {
    run()
  } catch (error) {
    if (error instanceof SidelaneError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
