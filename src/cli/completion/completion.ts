// `sidelane completion`: prints a completion script for a shell, made of the tables that the commands themselves read.

import { bashScript } from './bash.ts'
import { fishScript } from './fish.ts'
import { completionNodes } from './nodes.ts'
import { zshScript } from './zsh.ts'
import { exitCodes, readArgs, UsageError, type Command, type OptionTable } from '../command.ts'

const topic = 'completion'

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const
const shells = Object.keys(scripts) as (keyof typeof scripts)[]

const help = `sidelane completion bash|zsh|fish

Prints a script that completes commands, options, their values and files after "sidelane". Run it in each new shell:

  bash    in ~/.bashrc:                   source <(sidelane completion bash)
  zsh     in ~/.zshrc, after compinit:    source <(sidelane completion zsh)
  fish    once:                           sidelane completion fish > ~/.config/fish/completions/sidelane.fish

A package of a project is found as node_modules/.bin/sidelane; with that folder on PATH, "sidelane" itself works there.

Examples
  source <(npx sidelane completion bash)
  sidelane completion zsh > "\${fpath[1]}/_sidelane"

Exit codes: ${exitCodes.ok} ok, ${exitCodes.usage} usage error.
`

const options = {} as const satisfies OptionTable

/** `commands`: all of `sidelane`, this one included. */
export function completionCommand(commands: () => Readonly<Record<string, Command>>): Command {
  return {
    summary: 'print a completion script for bash, zsh or fish',
    help,
    options,
    operands: shells,
    async run(args, io) {
      const { positionals } = readArgs(topic, args, options)
      const [shell, ...others] = positionals
      const known = shells.find((name) => name === shell)
      if (known === undefined || others.length > 0)
        throw new UsageError(
          topic,
          `Expected one of ${shells.join(', ')}${shell === undefined ? '' : `, got "${positionals.join(' ')}"`}`,
        )
      io.print(scripts[known](completionNodes(commands())))
      return exitCodes.ok
    },
  }
}
