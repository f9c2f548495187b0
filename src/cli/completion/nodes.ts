// The commands as a list, in the form that completion scripts are written from. Names have only letters, digits and "-", and
// summaries no quotes or backslashes, so nothing needs an escape in a shell.

import type { Command, Option, OptionValue } from '../command.ts'

/** `sidelane` itself, a group or a command. */
export interface CompletionNode {
  /** The words behind `sidelane`: `contract show`; empty for `sidelane` itself. */
  readonly path: string
  /** The commands that may follow, with their summaries. */
  readonly commands: readonly (readonly [name: string, summary: string])[]
  readonly options: readonly CompletionOption[]
  readonly operands: 'file' | readonly string[]
}

export interface CompletionOption {
  readonly name: string
  readonly short: string | undefined
  /** undefined: a flag. */
  readonly value: OptionValue | undefined
}

const helpOption: CompletionOption = { name: 'help', short: 'h', value: undefined }
const versionOption: CompletionOption = { name: 'version', short: 'v', value: undefined }

export const completionNodes = (commands: Readonly<Record<string, Command>>): readonly CompletionNode[] => [
  { path: '', commands: summariesOf(commands), options: [helpOption, versionOption], operands: [] },
  ...nodesOf('', commands),
]

const nodesOf = (parent: string, commands: Readonly<Record<string, Command>>): readonly CompletionNode[] =>
  Object.entries(commands).flatMap(([name, command]) => {
    const path = `${parent} ${name}`.trimStart()
    const options = [...Object.entries(command.options).map(optionOf), helpOption]
    const { operands = [], commands: inner = {} } = command
    return [{ path, commands: summariesOf(inner), options, operands }, ...nodesOf(path, inner)]
  })

const optionOf = ([name, { short, value }]: readonly [string, Option]): CompletionOption => ({ name, short, value })

const summariesOf = (commands: Readonly<Record<string, Command>>): CompletionNode['commands'] =>
  Object.entries(commands).map(([name, { summary }]) => [name, summary])

/** `--out` and `-o`. */
export const spellings = ({ name, short }: CompletionOption): readonly string[] =>
  short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`]

/** The cases of a shell's `case "$at $word"`: which command a word leads to. */
export const commandCases = (nodes: readonly CompletionNode[]): readonly (readonly [pattern: string, path: string])[] =>
  nodes.flatMap(({ path, commands }) =>
    commands.map(([name]) => [`${path} ${name}`, `${path} ${name}`.trimStart()] as const),
  )

/** The options with a value: `process --body`, and the value. */
export const valueCases = (
  nodes: readonly CompletionNode[],
): readonly (readonly [patterns: readonly string[], value: OptionValue])[] =>
  nodes.flatMap(({ path, options }) =>
    options.flatMap((option) =>
      option.value === undefined
        ? []
        : [[spellings(option).map((spelling) => `${path} ${spelling}`), option.value] as const],
    ),
  )
