// The `case` arms of the completion scripts of bash and zsh, which differ only in what they run.

import { commandCases, spellings, valueCases, type CompletionNode } from './nodes.ts'

/** What the script of a shell runs. */
export interface ShellActions {
  readonly choose: (words: readonly string[]) => string
  /** Offers files. */
  readonly files: string
  readonly chooseCommand: (commands: CompletionNode['commands']) => string
}

export const lines = (all: readonly string[], indent: string): string =>
  all.map((line) => `${indent}${line}\n`).join('')

/** Of `case "$at $word"`: the command that a word leads to. */
export const commandArms = (nodes: readonly CompletionNode[]): string =>
  lines(
    commandCases(nodes).map(([pattern, path]) => `'${pattern}') at='${path}' ;;`),
    '      ',
  )

/** Of `case "$at $prev"`: the values of an option. */
export const valueArms = (nodes: readonly CompletionNode[], { choose, files }: ShellActions): string =>
  lines(
    valueCases(nodes).map(([patterns, value]) => {
      const action = value === 'file' ? files : value === 'text' ? ':' : choose(value)
      return `${patterns.map((pattern) => `'${pattern}'`).join(' | ')}) ${action}; return ;;`
    }),
    '    ',
  )

/** Of `case "$at"`: the options of a command. */
export const optionArms = (nodes: readonly CompletionNode[], { choose }: ShellActions): string =>
  lines(
    nodes.map(({ path, options }) => `'${path}') ${choose(options.flatMap(spellings))} ;;`),
    '      ',
  )

/** Of `case "$at"`: what may follow a command. */
export const operandArms = (nodes: readonly CompletionNode[], actions: ShellActions): string =>
  lines(
    nodes.map((node) => `'${node.path}') ${operandAction(node, actions)} ;;`),
    '    ',
  )

/** Where nothing else may stand, the options are offered. */
function operandAction(
  { commands, operands, options }: CompletionNode,
  { choose, files, chooseCommand }: ShellActions,
): string {
  if (commands.length > 0) return chooseCommand(commands)
  if (operands === 'file') return files
  return choose(operands.length > 0 ? operands : options.map(({ name }) => `--${name}`))
}
