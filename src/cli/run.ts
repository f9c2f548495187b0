// The command line as a function from arguments to an exit code. All errors are printed here.

import { readPackageJson } from '../util/package-files.ts'
import { completionCommand } from './completion/completion.ts'
import { dispatch, exitCodes, UsageError, type Command, type ExitCode } from './command.ts'
import { contract } from './contract/contract.ts'
import { decideCommand } from './decide/decide.ts'
import { doctor } from './doctor/doctor.ts'
import type { Io } from './io.ts'
import { inspect } from './process/inspect.ts'
import { log } from './log/log.ts'
import { ping } from './daemon/ping.ts'
import { processCommand } from './process/process.ts'
import { profile } from './profile/profile.ts'
import { rollout } from './rollout.ts'
import { serve } from './daemon/serve.ts'
import { worker } from './queue/worker.ts'
import { stats } from './daemon/stats.ts'

const commands: Readonly<Record<string, Command>> = {
  contract,
  process: processCommand,
  inspect,
  serve,
  ping,
  stats,
  log,
  rollout,
  worker,
  doctor,
  decide: decideCommand,
  profile,
  completion: completionCommand(() => commands),
}

const help = `sidelane: normalize, validate and compress JSON payloads under one contract

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
  sidelane rollout set order 25
  sidelane doctor
  sidelane decide --payloads orders.ndjson --rate 500/s
  sidelane profile -- node app.js
  source <(sidelane completion bash)

sidelane COMMAND --help shows more; --version prints the version.
Exit codes: ${exitCodes.ok} ok, ${exitCodes.rejected} rejected, ${exitCodes.usage} usage error, ${exitCodes.unreachable} no daemon answers; ${exitCodes.interrupted}, ${exitCodes.terminated} and ${exitCodes.outputClosed}: ended by
^C, by SIGTERM, or because the reader closed the output.
`

/** Runs one command line. Never throws. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  try {
    if (args[0] === '--version' || args[0] === '-v') {
      io.print(`${readPackageJson().version}\n`)
      return exitCodes.ok
    }
    return await dispatch('', commands, help, args, io)
  } catch (error) {
    return reportError(error, io)
  }
}

function reportError(error: unknown, io: Io): ExitCode {
  if (error instanceof UsageError) {
    io.log(`sidelane: ${error.message}`)
    io.log(`Try: sidelane ${error.topic === '' ? '' : `${error.topic} `}--help`)
    return exitCodes.usage
  }
  // Checked by name, not by class: an imported module may use another copy of this package.
  const { name, code, message } = error as { name?: string; code?: string; message?: string }
  io.log(name === 'SidelaneError' ? `sidelane: ${code}: ${message}` : `sidelane: ${message ?? String(error)}`)
  return exitCodes.rejected
}
