// The completion script for zsh: for `source`, and as a file of fpath.

import { commandArms, operandArms, optionArms, valueArms, type ShellActions } from './cases.ts'
import type { CompletionNode } from './nodes.ts'

const actions: ShellActions = {
  choose: (words) => `compadd -- ${words.join(' ')}`,
  files: '_files',
  chooseCommand(commands) {
    const described = commands.map(([name, summary]) => `'${name}:${summary.replaceAll(':', '\\:')}'`)
    return `list=(${described.join(' ')}); _describe command list`
  },
}

// `path` is the array of PATH in zsh, so the command is `at`.
export const zshScript = (nodes: readonly CompletionNode[]): string => `#compdef sidelane
# Completion of sidelane for zsh: source <(sidelane completion zsh)

_sidelane() {
  local at='' word prev=\${words[CURRENT-1]}
  local -a list
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
${commandArms(nodes)}    esac
  done
  if [[ $PREFIX == --*=* ]]; then
    prev=\${PREFIX%%=*}
    compset -P '*='
  fi
  case "$at $prev" in
${valueArms(nodes, actions)}  esac
  if [[ $PREFIX == -* ]]; then
    case "$at" in
${optionArms(nodes, actions)}    esac
    return
  fi
  case "$at" in
${operandArms(nodes, actions)}  esac
}

if [[ $funcstack[1] == _sidelane ]]; then
  _sidelane "$@"
else
  compdef _sidelane sidelane
fi
`
