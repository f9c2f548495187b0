// `sidelane ping`: checks whether a daemon answers, and is ready.

import { clientTexts as texts } from '../../tables/daemon-texts.ts'
import { askDaemon } from './daemon-client.ts'
import { tlsHelp, tlsOption, tlsOptions } from './tls-options.ts'
import { exitCodes, readValues, type Command, type OptionTable } from '../command.ts'

const topic = 'ping'

const help = `sidelane ping [--live] [--socket PATH]

Asks the daemon at a socket whether it is ready, and prints one line.

  --live                  asks only whether it answers: for a liveness probe
  --socket PATH           or tls://HOST:PORT; default: $XDG_RUNTIME_DIR/sidelane/sidelane.sock, else
                          sidelane-UID/sidelane.sock in the temp directory
${tlsHelp(24)}

Examples
  sidelane ping
  sidelane ping --socket /run/app/sidelane.sock || echo "not ready"

Exit codes: ${exitCodes.ok} ready, ${exitCodes.rejected} not ready, ${exitCodes.usage} usage error, ${exitCodes.unreachable} no daemon answers.
`

const options = {
  live: {},
  socket: { value: 'file' },
  ...tlsOptions,
} as const satisfies OptionTable

export const ping: Command = {
  summary: 'ask a daemon whether it is ready',
  help,
  options,
  async run(args, io) {
    const values = readValues(topic, args, options)
    const page = values.live === true ? '/healthz' : '/readyz'
    const response = await askDaemon(topic, values.socket, page, io, tlsOption(topic, values.socket, values))
    if (response === undefined) return exitCodes.unreachable
    const { socket, status, body } = response
    if (status === 200) {
      io.print(`${socket}: ${values.live === true ? 'live' : 'ready'}\n`)
      return exitCodes.ok
    }
    if (status !== 503) {
      io.log(`sidelane: ${socket}: ${texts.notDaemon}`)
      return exitCodes.unreachable
    }
    io.print(`${socket}: not ready: ${reasonsIn(body)}\n`)
    return exitCodes.rejected
  },
}

/** Only what looks like a reason: the server may be anything. */
export function reasonsIn(body: string): string {
  let given: unknown
  try {
    given = (JSON.parse(body) as { reasons?: unknown } | null)?.reasons
  } catch {
    given = []
  }
  const isReason = (one: unknown): one is string => typeof one === 'string' && /^[a-z-]{1,32}$/.test(one)
  const reasons = Array.isArray(given) ? given.filter(isReason).slice(0, 8) : []
  return reasons.length === 0 ? texts.noReason : reasons.join(', ')
}
