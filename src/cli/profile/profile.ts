// `sidelane profile`: where the main thread of a running app spends its time, and what moving work off it could win.

import { constants } from 'node:os'
import {
  agentFile,
  analyze,
  attachTo,
  busyOf,
  measureOverhead,
  runApp,
  type AppRun,
  type RawProfile,
} from '../../profile/index.ts'
import { integer } from '../../util/option-parsers.ts'
import { packageFile, readPackageJson } from '../../util/package-files.ts'
import { exitCodes, readArgs, UsageError, type Command, type ExitCode, type OptionTable } from '../command.ts'
import { onOrphaned } from '../daemon/npm-parents.ts'
import type { Io } from '../io.ts'
import { optionValue } from '../options.ts'
import { expectFile, writeFileAtomically } from '../output-file.ts'
import { screenOf } from './screen.ts'

const topic = 'profile'
const usualSeconds = 30

const help = `sidelane profile [--seconds N] [--json FILE] [--html FILE] -- COMMAND …
sidelane profile [--seconds N] [--json FILE] [--html FILE] --pid PID

Profiles the main thread of a Node app, which needs no change, and says what moving work off it could win: JSON.parse and
JSON.stringify, validation, compression and hashing, by function and by route, beside garbage collection and waiting. With
COMMAND it starts the app, and ends it with SIGTERM after the time, which begins with the first HTTP request; while none
comes, when the HTTP server listens; without one, with the start. Send the app the requests that it gets in production. With --pid the app runs on.

  --seconds N    how long, 1 to 3,600; default ${usualSeconds}
  --pid PID      a process that runs already; its inspector is opened with SIGUSR1 if it is not open, and closed again
  --json FILE    writes the record, for sidelane decide --profile
  --html FILE    writes a page

Examples
  sidelane profile -- node app.js
  sidelane profile --seconds 60 --json profile.json -- npm start
  sidelane profile --pid 4711

Exit codes: ${exitCodes.ok} profiled, ${exitCodes.rejected} there is no profile, ${exitCodes.usage} usage error; that of the app where it ended before its time.
`

const options = {
  seconds: { value: 'text' },
  pid: { value: 'text' },
  json: { value: 'file' },
  html: { value: 'file' },
} as const satisfies OptionTable

/** From it on there are samples enough at half the rate. */
const longSeconds = 5
const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** With fewer, the shares say nothing. */
const minSamples = 50

interface Profiled {
  readonly raws: readonly [RawProfile, ...RawProfile[]]
  readonly what: string
  readonly exitCode: ExitCode
}

export const profile: Command = {
  summary: 'show what the main thread of an app does, and whether moving work off it can win',
  help,
  options,
  operands: 'file',
  async run(args, io) {
    const end = args.indexOf('--')
    const { values, positionals } = readArgs(topic, end === -1 ? args : args.slice(0, end), options)
    if (positionals.length > 0)
      throw new UsageError(
        topic,
        `Unexpected "${positionals[0]}"; the command stands behind --: sidelane profile -- node app.js`,
      )
    const [command, ...rest] = end === -1 ? [] : args.slice(end + 1)
    const pid = optionValue(topic, 'pid', values.pid, integer(1, 2 ** 31 - 1))
    const seconds = optionValue(topic, 'seconds', values.seconds, integer(1, 3600)) ?? usualSeconds
    if ((command === undefined) === (pid === undefined))
      throw new UsageError(topic, 'Expected either -- COMMAND, such as -- node app.js, or --pid PID')
    for (const name of ['html', 'json'] as const) expectFile(topic, name, values[name])
    const agent = packageFile(`dist/cli/${agentFile}`)
    const given = { seconds, intervalMicros: seconds < longSeconds ? 1000 : 2000, agent }
    const profiled =
      command === undefined
        ? await profileProcess(pid as number, given, io)
        : await profileApp(command, rest, given, io)
    if (typeof profiled === 'number') return profiled
    const { raws, what, exitCode } = profiled
    const record = analyze({
      profiles: raws,
      cost: await measureOverhead(agent, raws[0]),
      sidelane: readPackageJson().version,
      ownFolder: `${packageFile('dist').replaceAll('\\', '/')}/`,
      cwd: raws[0].cwd.replaceAll('\\', '/'),
    })
    // First, because a file that cannot be written ends the command.
    io.print(screenOf(record, what, io.style))
    if (values.json !== undefined) writeFileAtomically(values.json, `${JSON.stringify(record, undefined, 2)}\n`, topic)
    if (values.html !== undefined) {
      const { renderProfile } = await import('../../report/index.ts')
      writeFileAtomically(values.html, renderProfile(record, what), topic)
    }
    return exitCode
  },
}

interface Given {
  readonly seconds: number
  readonly intervalMicros: number
  readonly agent: string
}

async function profileProcess(pid: number, given: Given, io: Io): Promise<Profiled> {
  const stop = new AbortController()
  const onSignal = (signal: NodeJS.Signals): void => {
    // A process that does not answer is not waited for twice; its agent ends by itself.
    if (stop.signal.aborted) process.exit(128 + constants.signals[signal])
    stop.abort()
  }
  for (const signal of endSignals) process.on(signal, onSignal)
  io.log(`Profiling process ${pid} for ${given.seconds} s; ^C ends it earlier.`)
  try {
    const raw = await attachTo({ ...given, pid, signal: stop.signal })
    return { raws: [raw], what: `process ${pid}`, exitCode: exitCodes.ok }
  } finally {
    for (const signal of endSignals) process.off(signal, onSignal)
  }
}

/** A number: there is no profile, for a reason that is on stderr; the exit code. */
async function profileApp(
  command: string,
  args: readonly string[],
  given: Given,
  io: Io,
): Promise<Profiled | ExitCode> {
  const what = [command, ...args].join(' ')
  io.log(`Profiling ${what} for ${given.seconds} s; ^C ends it earlier.`)
  const run = await runApp({ ...given, command, args, onOrphaned })
  const [busiest, ...others] = run.profiles.toSorted(
    // A build step that ran before the app may have had more to do.
    (a, b) => Number(a.endedEarly) - Number(b.endedEarly) || busyMs(b) - busyMs(a),
  )
  // The exit codes of an app may be any; where it has none, it was ended after its time.
  const exitCode = (run.exitCode ?? exitCodes.ok) as ExitCode
  if (busiest !== undefined && busiest.sampled.length >= minSamples) {
    for (const failure of run.failures) io.log(`sidelane: A profile is missing: ${failure}`)
    return { raws: [busiest, ...others], what, exitCode }
  }
  io.log(`sidelane: ${whyNone(what, run)}`)
  return exitCode === exitCodes.ok ? exitCodes.rejected : exitCode
}

function whyNone(what: string, { exitCode, seconds, started, failures }: AppRun): string {
  const time = `${seconds.toFixed(1)} s`
  if (started === 0) {
    const end = exitCode === undefined ? '' : ` It ended with exit code ${exitCode} after ${time}.`
    return `No Node process was seen in ${what}: it runs none, or it clears NODE_OPTIONS.${end}`
  }
  if (failures.length > 0) return `${what} has no profile: ${failures.join('; ')}`
  return exitCode === undefined
    ? `${what} could not be profiled: no process of it wrote a profile`
    : `${what} ended with exit code ${exitCode} after ${time}, before there was anything to profile`
}

const busyMs = (raw: RawProfile): number => busyOf(raw) * raw.windowMs
