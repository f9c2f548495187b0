// Faults by their name and code: an app may have the package twice, as CommonJS and as modules, so the class may be another.

import { errorTable, type SidelaneError } from '../model/index.ts'

export const isFault = (error: unknown): error is SidelaneError =>
  error instanceof Error &&
  error.name === 'SidelaneError' &&
  'code' in error &&
  typeof error.code === 'string' &&
  Object.hasOwn(errorTable, error.code)
