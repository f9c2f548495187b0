// The completion script for bash, from 3.2 (macOS) on: no associative arrays, no mapfile.

import { commandArms, operandArms, optionArms, valueArms, type ShellActions } from './cases.ts'
import type { CompletionNode } from './nodes.ts'

const choose = (words: readonly string[]): string => `_sidelane_words '${words.join(' ')}'`

const actions: ShellActions = {
  choose,
  files: '_sidelane_files',
  chooseCommand: (commands) => choose(commands.map(([name]) => name)),
}

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
${commandArms(nodes)}    esac
  done
  case "$at $prev" in
${valueArms(nodes, actions)}  esac
  if [[ $cur == -* ]]; then
    case "$at" in
${optionArms(nodes, actions)}    esac
    return
  fi
  case "$at" in
${operandArms(nodes, actions)}  esac
}

complete -F _sidelane sidelane
`
