// The completion script for zsh: for `source`, and as a file of fpath.

import { commandCases, spellings, valueCases, type CompletionNode } from './completion-nodes.ts'

const lines = (all: readonly string[], indent: string): string => all.map((line) => `${indent}${line}\n`).join('')

const choose = (words: readonly string[]): string => `compadd -- ${words.join(' ')}`

// `path` is the array of PATH in zsh, so the command is `at`.
export const zshScript = (nodes: readonly CompletionNode[]): string => `#compdef sidelane
# Completion of sidelane for zsh: source <(sidelane completion zsh)

_sidelane() {
  local at='' word prev=\${words[CURRENT-1]}
  local -a list
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
${lines(
  commandCases(nodes).map(([pattern, path]) => `'${pattern}') at='${path}' ;;`),
  '      ',
)}    esac
  done
  if [[ $PREFIX == --*=* ]]; then
    prev=\${PREFIX%%=*}
    compset -P '*='
  fi
  case "$at $prev" in
${lines(
  valueCases(nodes).map(([patterns, value]) => {
    const action = value === 'file' ? '_files' : value === 'text' ? ':' : choose(value)
    return `${patterns.map((pattern) => `'${pattern}'`).join(' | ')}) ${action}; return ;;`
  }),
  '    ',
)}  esac
  if [[ $PREFIX == -* ]]; then
    case "$at" in
${lines(
  nodes.map(({ path, options }) => `'${path}') ${choose(options.flatMap(spellings))} ;;`),
  '      ',
)}    esac
    return
  fi
  case "$at" in
${lines(
  nodes.map((node) => `'${node.path}') ${operandAction(node)} ;;`),
  '    ',
)}  esac
}

if [[ $funcstack[1] == _sidelane ]]; then
  _sidelane "$@"
else
  compdef _sidelane sidelane
fi
`

/** Where nothing else may stand, the options are offered. */
function operandAction({ commands, operands, options }: CompletionNode): string {
  if (commands.length > 0) {
    const described = commands.map(([name, summary]) => `'${name}:${summary.replaceAll(':', '\\:')}'`)
    return `list=(${described.join(' ')}); _describe command list`
  }
  if (operands === 'file') return '_files'
  return choose(operands.length > 0 ? operands : options.map(({ name }) => `--${name}`))
}
