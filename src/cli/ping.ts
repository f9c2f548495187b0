// `sidelane ping`: checks whether a daemon answers and is ready.

import { askDaemon } from './daemon-client.ts'
import { exitCodes, readArgs, UsageError, type Command } from './command.ts'

const topic = 'ping'

const help = `sidelane ping [--socket PATH]

Asks the daemon at a socket whether it is ready, and prints one line.

  --socket PATH   default: $XDG_RUNTIME_DIR/sidelane/sidelane.sock, else sidelane-UID/sidelane.sock in the temp directory

Examples
  sidelane ping
  sidelane ping --socket /run/app/sidelane.sock || echo "not ready"

Exit codes: ${exitCodes.ok} ready, ${exitCodes.rejected} not ready, ${exitCodes.usage} usage error, ${exitCodes.unreachable} no daemon answers.
`

export const ping: Command = {
  summary: 'ask a daemon whether it is ready',
  help,
  async run(args, io) {
    const { values, positionals } = readArgs(topic, args, { valued: ['socket'] })
    if (positionals.length > 0) throw new UsageError(topic, `Unexpected "${positionals[0]}"`)
    const response = await askDaemon(topic, values.socket, '/readyz', io)
    if (response === undefined) return exitCodes.unreachable
    const { socket, status, body } = response
    if (status === 200) {
      io.print(`${socket}: ready\n`)
      return exitCodes.ok
    }
    io.print(`${socket}: not ready: ${reasonsIn(body)}\n`)
    return exitCodes.rejected
  },
}

function reasonsIn(body: string): string {
  try {
    return (JSON.parse(body) as { reasons: readonly string[] }).reasons.join(', ')
  } catch {
    return 'no reason given'
  }
}
