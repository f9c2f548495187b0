// `sidelane ping`: checks whether a daemon answers and is ready.

import { requestDaemon, socketOption } from './daemon-client.ts'
import { readArgs, UsageError, type Command } from './command.ts'
import { exitCodes } from './exit-codes.ts'

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
    const { values, positionals } = readArgs(topic, { args: [...args], options: { socket: { type: 'string' } } })
    if (positionals.length > 0) throw new UsageError(topic, `Unexpected "${positionals[0]}"`)
    const socket = socketOption(topic, values.socket)
    const response = await requestDaemon(socket, '/readyz')
    if (response instanceof Error) {
      io.log(`sidelane: ${socket}: ${response.message}`)
      return exitCodes.unreachable
    }
    if (response.status === 200) {
      io.print(`${socket}: ready\n`)
      return exitCodes.ok
    }
    io.print(`${socket}: not ready: ${reasonsIn(response.body)}\n`)
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
