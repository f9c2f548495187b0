// The command line as a function: arguments in, exit code out. Errors become talk here, and nowhere else.

import { packageFacts } from '../util/package-json.ts'
import { dispatch, UsageError, type Command } from './command.ts'
import { contract } from './contract.ts'
import { doctor } from './doctor.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import type { Io } from './io.ts'
import { inspect } from './inspect.ts'
import { ping } from './ping.ts'
import { processCommand } from './process.ts'
import { serve } from './serve.ts'
import { stats } from './stats.ts'

const commands: Readonly<Record<string, Command>> = {
  contract,
  process: processCommand,
  inspect,
  serve,
  ping,
  stats,
  doctor,
}

const help = `sidelane: one contract for a JSON payload, run where it runs best

Commands
${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}

Examples
  sidelane contract export order.contract.ts -o order.lock.json
  sidelane contract show order.lock.json
  sidelane process --contract order.lock.json < orders.ndjson > results.ndjson
  sidelane inspect --contract order.lock.json < results.ndjson
  sidelane serve --contract order.lock.json
  sidelane doctor

sidelane COMMAND --help shows more; --version prints the version.
Exit codes: ${exitCodes.ok} ok, ${exitCodes.rejected} rejected, ${exitCodes.usage} wrong call.
`

/** Runs one command line. Never throws. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  try {
    if (args[0] === '--version' || args[0] === '-v') {
      io.data(`${packageFacts().version}\n`)
      return exitCodes.ok
    }
    return await dispatch('', commands, help, args, io)
  } catch (error) {
    return report(error, io)
  }
}

function report(error: unknown, io: Io): ExitCode {
  if (error instanceof UsageError) {
    io.talk(`sidelane: ${error.message}`)
    io.talk(`Try: sidelane ${error.topic === '' ? '' : `${error.topic} `}--help`)
    return exitCodes.usage
  }
  // By name, not by class: the file that is exported may bring its own copy of this package.
  const { name, code, message } = error as { name?: string; code?: string; message?: string }
  io.talk(name === 'SidelaneError' ? `sidelane: ${code}: ${message}` : `sidelane: ${message ?? String(error)}`)
  return exitCodes.rejected
}
