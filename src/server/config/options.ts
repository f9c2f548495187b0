// The options of the daemon as the Node daemon reads them: the table of src/tables with a parser for each, and the types
// that follow from it.

import { daemonOptions, valueKinds, type DaemonOption } from '../../tables/daemon-options.ts'
import { parserOf, type DaemonOptionParser, type ParsedValues } from './parsers.ts'

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

export interface OptionSpec extends Omit<DaemonOption, 'metavar'> {
  readonly key: keyof Options
  readonly flag: string
  /** The environment variable. */
  readonly env: string
  /** The name of the value; undefined for a switch. */
  readonly metavar: string | undefined
  readonly parser: DaemonOptionParser<unknown>
}

const kebab = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

export const optionSpecs: readonly OptionSpec[] = daemonOptions.map((row) => ({
  flag: `--${kebab(row.key)}`,
  env: `SIDELANED_${kebab(row.key).toUpperCase().replaceAll('-', '_')}`,
  metavar: valueKinds[row.kind],
  ...row,
  parser: parserOf(row),
}))
