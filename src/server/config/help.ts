// The text of --help, for each daemon and for `sidelane serve`.

import { daemonOptions, type DaemonOption } from '../../tables/daemon-options.ts'

const modes = [
  ['--check', 'checks options and contracts, says what would be served, and ends'],
  ['--help, --version', ''],
] as const

/** `program`: how the daemon is called. */
export const daemonHelp = (program: string, daemon: 'node' | 'sidelaned' = 'node'): string =>
  `${program} --socket [PATH] --contract LOCK...${daemon === 'sidelaned' ? `\n${program} ping [--socket PATH]` : ''}

Serves contracts on a Unix socket, to the clients of sidelane and over HTTP/1.1.

${optionLines(daemon)}

A flag wins over the environment (SIDELANED_SOCKET, SIDELANED_MAX_QUEUE, …; lists with ":" between), the environment over the file.

SIGHUP reads the contracts again. SIGTERM and SIGINT finish what has been received, a second one ends at once.
Exit codes: 0 drained, 1 cannot listen, 2 wrong options or contracts.`

function optionLines(daemon: 'node' | 'sidelaned'): string {
  const options: readonly DaemonOption[] = daemonOptions
  const lines = [
    ...options.map((option) => {
      const { flag, metavar, help } = { ...option, ...option[daemon] }
      return [metavar === undefined ? flag : `${flag} ${metavar}`, `${help}${shownDefault(option, daemon)}`] as const
    }),
    ...modes,
  ]
  const width = Math.max(...lines.map(([name]) => name.length)) + 2
  const indent = `\n${' '.repeat(width + 2)}`
  return lines.map(([name, help]) => `  ${name.padEnd(width)}${help.replaceAll('\n', indent)}`.trimEnd()).join('\n')
}

function shownDefault(option: DaemonOption, daemon: 'node' | 'sidelaned'): string {
  const { kind, default: value, defaultText = value } = { ...option, ...option[daemon] }
  if (defaultText === undefined) return ''
  return ` (default: ${kind === 'octal-mode' ? `0${Number(value).toString(8)}` : defaultText})`
}
