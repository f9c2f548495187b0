// What the process that runs a user's module reports to the command: one line of JSON.

import type { ErrorCode } from '../../model/index.ts'

/** The first argument of a process that runs a module instead of a command. */
export const moduleArgument = '--sidelane-module'

/** The descriptor of the report in that process. */
export const reportDescriptor = 3

export interface ExportedContract {
  /** The name of the export. */
  readonly name: string
  /** Equal for the names of one contract. */
  readonly identity: number
  /** The text of its lock, unchecked. */
  readonly lock: string
}

/** A zod schema, with the lock of a contract of it. */
export interface ExportedSchema extends ExportedContract {
  /** Why it cannot be a contract; the lock is empty then. */
  readonly refused?: string
}

/** Why there are no exports: how the error is to be reported. */
export interface ModuleFailure {
  readonly kind: 'usage' | 'failed'
  readonly message: string
  /** Of a SidelaneError: the contract of the module is refused. */
  readonly code?: ErrorCode
}

export interface ModuleExports {
  readonly kind: 'exports'
  readonly contracts: readonly ExportedContract[]
  readonly schemas: readonly ExportedSchema[]
  /** What the exports are that are no contracts, such as `answer is a number`. */
  readonly others: readonly string[]
}

export type ModuleReport = ModuleExports | ModuleFailure
