// The text of --help, for each daemon and for `sidelane serve`.

import { optionSpecs } from './options.ts'

const modes = [
  ['--check', 'checks options and contracts, prints what it would serve, and exits'],
  ['--help, --version', ''],
] as const

/** `program`: how the daemon is called. */
export const daemonHelp = (program: string, daemon: 'node' | 'sidelaned' = 'node'): string =>
  `${program} --socket [PATH] --contract LOCK...${daemon === 'sidelaned' ? `\n${program} ping [--live] [--socket PATH]` : ''}

Serves contracts on a Unix socket, to the clients of sidelane and over HTTP/1.1.

${optionLines(daemon)}

A flag overrides its variable (SIDELANED_SOCKET, SIDELANED_MAX_QUEUE, …; lists separated by ":", SANs by ","), a variable
overrides the file of --config.

SIGHUP reloads the contracts and the TLS files. SIGTERM and SIGINT drain; a second one exits at once.
Exit codes: 0 drained, 1 cannot listen, 2 wrong options, contracts or TLS files.`

function optionLines(daemon: 'node' | 'sidelaned'): string {
  const lines = [
    ...optionSpecs.map((spec) => {
      const { flag, metavar, kind, default: value } = spec
      const { help, defaultText = value } = (daemon === 'sidelaned' && spec.sidelaned) || spec
      const shown = kind === 'octal-mode' ? `0${Number(value).toString(8)}` : defaultText
      const name = metavar === undefined ? flag : `${flag} ${metavar}`
      return [name, shown === undefined ? help : `${help} (default: ${shown})`] as const
    }),
    ...modes,
  ]
  const width = Math.max(...lines.map(([name]) => name.length)) + 2
  const indent = `\n${' '.repeat(width + 2)}`
  return lines.map(([name, help]) => `  ${name.padEnd(width)}${help.replaceAll('\n', indent)}`.trimEnd()).join('\n')
}
