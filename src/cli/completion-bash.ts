// The completion script for bash, from 3.2 (macOS) on: no associative arrays, no mapfile.

import { commandCases, spellings, valueCases, type CompletionNode } from './completion-nodes.ts'

const lines = (all: readonly string[], indent: string): string => all.map((line) => `${indent}${line}\n`).join('')

const choose = (words: readonly string[]): string => `_sidelane_words '${words.join(' ')}'`

export const bashScript = (
  nodes: readonly CompletionNode[],
): string => `# Completion of sidelane for bash: source <(sidelane completion bash)

_sidelane_words() {
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}

_sidelane_files() {
  local name
  compopt -o filenames 2>/dev/null
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "$cur")
}

_sidelane() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at='' i
  COMPREPLY=()
  # --body=x is three words.
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' ]]; then
    prev="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
${lines(
  commandCases(nodes).map(([pattern, path]) => `'${pattern}') at='${path}' ;;`),
  '      ',
)}    esac
  done
  case "$at $prev" in
${lines(
  valueCases(nodes).map(([patterns, value]) => {
    const action = value === 'file' ? '_sidelane_files' : value === 'text' ? ':' : choose(value)
    return `${patterns.map((pattern) => `'${pattern}'`).join(' | ')}) ${action}; return ;;`
  }),
  '    ',
)}  esac
  if [[ $cur == -* ]]; then
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

complete -F _sidelane sidelane
`

/** Where nothing else may stand, the options are offered. */
function operandAction({ commands, operands, options }: CompletionNode): string {
  if (commands.length > 0) return choose(commands.map(([name]) => name))
  if (operands === 'file') return '_sidelane_files'
  return choose(operands.length > 0 ? operands : options.map(({ name }) => `--${name}`))
}
