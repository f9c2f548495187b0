// The completion script for fish.

import { lines } from './cases.ts'
import { commandCases, type CompletionNode, type CompletionOption } from './nodes.ts'

export const fishScript = (nodes: readonly CompletionNode[]): string => `# Completion of sidelane for fish

function __sidelane_at
    set -l at ''
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        switch "$at $word"
${lines(
  commandCases(nodes).map(([pattern, path]) => `case '${pattern}'; set at '${path}'`),
  '            ',
)}        end
    end
    test "$at" = "$argv[1]"
end

complete -c sidelane -f
${lines(nodes.flatMap(linesOf), '')}`

function linesOf({ path, commands, options, operands }: CompletionNode): readonly string[] {
  const at = `complete -c sidelane -n "__sidelane_at '${path}'"`
  return [
    ...commands.map(([name, summary]) => `${at} -a ${name} -d '${summary}'`),
    ...options.map((option) => `${at} ${optionText(option)}`),
    ...(operands === 'file' ? [`${at} -F`] : operands.length > 0 ? [`${at} -a '${operands.join(' ')}'`] : []),
  ]
}

/** -r: it has a value; -F: a file; -x: no file. */
function optionText({ name, short, value }: CompletionOption): string {
  const option = short === undefined ? `-l ${name}` : `-l ${name} -s ${short}`
  if (value === undefined) return option
  if (value === 'file') return `${option} -r -F`
  return value === 'text' ? `${option} -x` : `${option} -x -a '${value.join(' ')}'`
}
