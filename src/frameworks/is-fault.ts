// Faults with a known code: an app may have the package in two versions, and their tables differ.

import { errorTable, SidelaneError } from '../model/index.ts'

export const isFault = (error: unknown): error is SidelaneError =>
  error instanceof SidelaneError && Object.hasOwn(errorTable, error.code)
