// npm run demo:rollout: a Fastify app moves its hot path from zod and zlib to a sidecar, 1 → 5 → 25 → 50 → 100 %, under load.
// On the way its daemon is killed, stopped and slowed, a guard goes back, and a person resumes. No call may be lost.

import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { integer, type OptionParser } from '../../src/util/option-parsers.ts'
import { BadArgs } from '../args.ts'
import { App } from './app.ts'
import { Load } from './load.ts'
import { resultOf, table, type Trip } from './result.ts'
import { Screen } from './screen.ts'

const usage = `Moves the hot path of a Fastify app to a sidecar under load, with faults on the way.

  npm run demo:rollout
  npm run demo:rollout -- --json demo.json --seed 7

Options
  --json FILE      write { offered, byOld, byNew, byFallback, lost, rollbackMs, stopMs, guard, stages, … }
  --seed N         seed of the payloads, default 1
  --rate N         requests a second, 50 to 1000, default 150
  --stage-ms N     length of a step, 500 to 6000, default 4000

Exit codes: 0 done, 1 a call was lost or answered wrongly, or going back took more than a second, 2 a wrong option.`

const options = {
  json: { type: 'string' },
  seed: { type: 'string', default: '1' },
  rate: { type: 'string', default: '150' },
  'stage-ms': { type: 'string', default: '4000' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options']

interface Plan {
  readonly json: string | undefined
  readonly seed: number
  readonly rate: number
  readonly stageMs: number
}

function planOf(argv: readonly string[]): Plan | undefined {
  let values
  try {
    ;({ values } = parseArgs({ args: [...argv], options, strict: true }))
  } catch (error) {
    throw new BadArgs((error as Error).message, { cause: error })
  }
  if (values.help === true) return undefined
  const number = (name: 'seed' | 'rate' | 'stage-ms', parser: OptionParser<number>): number => {
    const value = parser.text(values[name])
    if (value === undefined) throw new BadArgs(`Expected --${name} to be ${parser.expected}, got "${values[name]}"`)
    return value
  }
  return {
    json: values.json,
    seed: number('seed', integer(0, 2 ** 32 - 1)),
    rate: number('rate', integer(50, 1000)),
    stageMs: number('stage-ms', integer(500, 6000)),
  }
}

/** The daemon stops and runs in turns of so many ms. */
const slowTurnMs = 15

async function walk(app: App, load: Load, screen: Screen, stageMs: number): Promise<Trip[]> {
  const trips: Trip[] = []
  let seen = 0
  /** Guards that tripped where the walk did not expect it, on a machine that is busy: a person resumes. False: there were none. */
  const unexpected = async (percent: number): Promise<boolean> => {
    const found = await app.event(isTrip, seen, 0).catch(() => undefined)
    if (found === undefined) return false
    trips.push(tripOf(found, load))
    seen = app.eventCount
    await app.rollout('set', 'order', String(percent), '--reason', 'looked at it')
    return true
  }
  const step = async (percent: number, what = ''): Promise<void> => {
    if (!(await unexpected(percent))) await app.rollout('set', 'order', String(percent))
    load.stage(percent, what)
    screen.say(`${percent} %${what === '' ? '' : `: ${what}`}`)
  }

  await sleep(stageMs / 2)
  await step(1)
  await sleep(stageMs)

  await step(5, 'the daemon is killed')
  await sleep(stageMs / 4)
  app.signal('SIGKILL')
  await sleep((3 * stageMs) / 4)

  await step(25)
  await sleep(stageMs)

  await step(50, 'the daemon hangs')
  await unexpected(50)
  await sleep(stageMs / 2)
  seen = app.eventCount
  app.signal('SIGSTOP')
  const tripped = await app.event(isTrip, seen)
  screen.say(`0 %, a guard tripped: ${String(tripped['reason'])}`)
  load.stage(0, 'back: a guard tripped')
  await sleep(Math.max(1000, stageMs / 2))
  app.signal('SIGCONT')
  trips.push(tripOf(tripped, load))
  seen = app.eventCount
  await sleep(stageMs / 2)

  await step(25, 'a person resumes')
  await sleep(stageMs / 2)

  await step(50, 'the daemon is slow')
  const until = performance.now() + stageMs
  while (performance.now() < until) {
    app.signal('SIGSTOP')
    await sleep(slowTurnMs)
    app.signal('SIGCONT')
    await sleep(slowTurnMs)
  }

  await step(100, 'the daemon is killed once more')
  await sleep(stageMs / 2)
  app.signal('SIGKILL')
  await sleep(stageMs)
  await unexpected(100)
  return trips
}

const isTrip = ({ event, by }: { readonly event: string; readonly [field: string]: unknown }): boolean =>
  event === 'rollout_percent' && by === 'guard'

const tripOf = (event: Readonly<Record<string, unknown>>, load: Load): Trip => ({
  guard: String(event['guard']),
  reason: String(event['reason']),
  from: Number(event['from']),
  to: Number(event['to']),
  backMs: Math.max(0, load.lastCandidateMs - Date.parse(String(event['time']))),
})

let isInterrupted = false

async function demonstrate({ json, seed, rate, stageMs }: Plan): Promise<number> {
  const screen = new Screen()
  screen.say('starting the app and its daemon')
  const app = await App.start()
  const interrupted = (signal: NodeJS.Signals): void => {
    isInterrupted = true
    screen.end()
    void app.stop().then(() => process.exit(signal === 'SIGINT' ? 130 : 143))
  }
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  let load: Load | undefined
  try {
    load = new Load(app.url, seed, rate)
    screen.watch(load)
    app.onEvent = (event) => {
      if (event.event === 'rollout_breaker') screen.say(`breaker ${String(event['state'])}`)
    }
    const trips = await walk(app, load, screen, stageMs)
    screen.say('sidelane rollout stop')
    await app.rollout('stop', 'order', '--reason', 'end of the demonstration')
    load.stage(0, 'back: rollout stop')
    await sleep(Math.max(1000, stageMs / 4))
    const stopMs = Math.max(0, load.lastCandidateMs - app.changedAtMs)
    await load.stop()
    screen.end()
    const result = resultOf({ load, trips, stopMs, seed, rate })
    process.stdout.write(table(result))
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, undefined, 2)}\n`)
    return result.passed ? 0 : 1
  } finally {
    screen.end()
    await load?.abandon()
    await app.stop()
  }
}

// A reader that is gone is no reason to leave processes behind.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

try {
  const plan = planOf(process.argv.slice(2))
  if (plan === undefined) process.stdout.write(`${usage}\n`)
  else process.exitCode = await demonstrate(plan)
} catch (error) {
  if (!isInterrupted)
    process.stderr.write(`${(error as Error).message}\n${error instanceof BadArgs ? `\n${usage}\n` : ''}`)
  process.exitCode = error instanceof BadArgs ? 2 : 1
}
