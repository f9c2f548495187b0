// The options of the daemon as the Node daemon reads them: the table of src/tables with a parser for each, and the types
// that follow from it.

import { daemonOptions, type DaemonOption } from '../../tables/daemon-options.ts'
import { parserOf, type OptionParser, type ParsedValues } from './parsers.ts'

type Row = (typeof daemonOptions)[number]
type ValueOf<R extends Row> = R extends { choices: readonly (infer Choice)[] } ? Choice : ParsedValues[R['kind']]

/** The options that are given. `true` stands for a flag without its optional value. */
export type Options = {
  readonly [R in Row as R['key']]?: ValueOf<R> | (R extends { metavar: `[${string}]` } ? true : never)
}

/** The defaults that do not depend on the machine. */
export const defaults = Object.fromEntries(
  daemonOptions.flatMap((row) => ('default' in row ? [[row.key, row.default]] : [])),
) as { readonly [R in Extract<Row, { default: unknown }> as R['key']]: ValueOf<R> }

export interface OptionSpec extends DaemonOption {
  readonly key: keyof Options
  /** The environment variable. */
  readonly env: string
  readonly parser: OptionParser<unknown>
}

export const optionSpecs: readonly OptionSpec[] = daemonOptions.map((row) => {
  const name = 'env' in row ? row.env : row.flag.slice(2).toUpperCase().replaceAll('-', '_')
  return { ...row, env: `SIDELANED_${name}`, parser: parserOf(row) }
})
