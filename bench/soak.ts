// npm run soak: every placement at once, with valid, invalid and hostile payloads, cancelled and late calls, reloads, and peers
// that speak no protocol. Each verdict is compared with inline; what grows fails the run.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createProcessor, createRollout, loadContract, type Contract, type Processor } from 'sidelane'
import { describeMachine } from '../src/measure/machine.ts'
import { progress } from './report/progress.ts'
import { missingService, startService, type Service } from './sidecar/services.ts'
import { connectBadPeers, reload } from './soak/disturb.ts'
import { metricsOf, ProcessSampler, type Series, type Watched } from './soak/process-sampler.ts'
import { sizesTable } from './soak/sizes.ts'
import { allowanceOf, growthOf, isFlat, type Growth } from './soak/slope.ts'
import { expectedOf, Traffic } from './soak/traffic.ts'

const usage = `Runs every placement for a long time under mixed, hostile and reloading traffic, and fails when something grows.

  npm run soak -- --minutes 20
  npm run soak -- --minutes 20 --record

Options
  --minutes N      how long, 0.05 to 10,000; default 3
  --seed N         seed of the payloads, default 1
  --pause-ms N     pause of a caller after each call, default 2
  --sizes          print the memory of each daemon, idle and under load, instead
  --record         write bench/record/soak.json

The p99 is judged from 10 minutes on: what else the machine does moves it.

Exit codes: 0 nothing grew and every verdict was right, 1 otherwise, 2 a wrong option.`

const root = fileURLToPath(new URL(import.meta.url.includes('/build/bench/') ? '../../' : '../', import.meta.url))
const recordFile = join(root, 'bench/record/soak.json')
const print = (text: string): void => void process.stdout.write(`${text}\n`)

const deadlineMs = 60_000
/** Callers of each placement. */
const callers = 3
const samples = 120
/** The daemons' counts of connections and of work follow a moment later. */
const settleMs = 5000

interface Plan {
  readonly minutes: number
  readonly seed: number
  readonly pauseMs: number
  readonly record: boolean
  readonly sizes: boolean
}

function planOf(): Plan | undefined {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      minutes: text,
      seed: text,
      'pause-ms': text,
      record: { type: 'boolean' },
      sizes: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return undefined
  const number = (name: 'minutes' | 'seed' | 'pause-ms', fallback: number, least: number): number => {
    const value = Number(values[name] ?? fallback)
    if (!(value >= least && value <= 10_000))
      throw new RangeError(`Expected --${name} to be a number from ${least} to 10000`)
    return value
  }
  return {
    minutes: number('minutes', 3, 0.05),
    seed: number('seed', 1, 0),
    pauseMs: number('pause-ms', 2, 0),
    record: values.record === true,
    sizes: values.sizes === true,
  }
}

let plan: Plan | undefined
try {
  plan = planOf()
  if (plan === undefined) print(usage)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nTry --help.\n`)
  process.exitCode = 2
}
if (plan?.sizes === true) print(await sizesTable(orders()))
else if (plan !== undefined) process.exitCode = await soak(plan)

function orders(): Contract {
  return loadContract(join(root, 'bench/record/orders.lock.json'))
}

async function soak(options: Plan): Promise<number> {
  const { minutes, seed, pauseMs, record } = options
  const contract = orders()
  const inline = await createProcessor(contract)
  const expected = await expectedOf(inline, seed)
  const services = new Map<string, Service>()
  for (const [name, id] of [
    ['sidelaned', 'sidecar-rust'],
    ['node daemon', 'sidecar-node'],
  ] as const) {
    const missing = missingService(id)
    if (missing === undefined) services.set(name, await startService(id, contract, 'sha-256'))
    else print(`without the ${name}: ${missing}`)
  }
  const sidecar = (name: string): Promise<Processor> =>
    createProcessor(contract, { placement: 'sidecar', socket: services.get(name)?.socket, deadlineMs })
  const rollout = await createRollout({
    contract,
    baseline: await createProcessor(contract, { deadlineMs }),
    candidate: await createProcessor(contract, { placement: 'pool', threads: 1, deadlineMs }),
    percent: 50,
    log: false,
  })
  const processors: [string, Processor][] = [
    ['inline', await createProcessor(contract, { deadlineMs })],
    ['pool', await createProcessor(contract, { placement: 'pool', threads: 1, deadlineMs })],
    ['auto', await createProcessor(contract, { placement: 'auto', threads: 1, deadlineMs })],
    ['rollout', rollout],
  ]
  for (const name of services.keys()) processors.push([`sidecar, ${name}`, await sidecar(name)])

  const traffics = processors.map(([name, processor], at) => new Traffic(name, processor, expected, seed + at))
  const watched: Watched[] = [
    { name: 'app', pid: process.pid },
    ...[...services].map(([name, { pid, socket }]) => ({ name, pid, socket })),
  ]
  const sampler = new ProcessSampler()
  const end = new AbortController()
  print(`${minutes} minutes: ${traffics.map(({ name }) => name).join(' · ')}`)
  const running = traffics.flatMap((traffic) => Array.from({ length: callers }, () => traffic.run(end.signal, pauseMs)))
  const daemons = [...services.values()]
  const disturbing =
    daemons.length === 0
      ? []
      : [
          reload(
            daemons.map(({ pid }) => pid),
            end.signal,
          ),
          connectBadPeers(
            daemons.map(({ socket }) => socket),
            end.signal,
            seed,
          ),
        ]
  const stepMs = (minutes * 60_000) / samples
  const shown = progress()
  for (let step = 1; step <= samples; step++) {
    await sleep(stepMs)
    sampler.sizes(watched)
    if (step % 6 === 0) sampler.times(traffics)
    if (step % 10 === 0) await rollout.set((step * 7) % 101)
    shown.at(`${traffics.reduce((sum, { offered }) => sum + offered, 0)} calls`, step / samples)
  }
  shown.end()
  end.abort()
  await Promise.all(running)
  const [reloads = 0, peers = 0] = await Promise.all(disturbing)

  const problems = [...traffics.flatMap(accountOf), ...sampler.series.flatMap((one) => growthProblem(one, minutes))]
  for (const [name, processor] of processors) {
    const { inFlight, queued } = processor.stats()
    if (inFlight + queued > 0) problems.push(`${name}: ${inFlight} calls in flight and ${queued} queued at the end`)
    await processor.close()
  }
  await inline.close()
  for (const [name, { socket }] of services) problems.push(...(await leftIn(name, socket)))
  for (const service of services.values()) await service.stop()

  print(table(traffics, sampler.series))
  print(`reloads ${reloads} · peers that spoke no protocol ${peers}`)
  for (const problem of problems) print(`FAILED  ${problem}`)
  if (problems.length === 0) print('Nothing grew. Every verdict was that of inline, and every call was answered once.')
  if (record) {
    const rows = sampler.series.map(({ of, quantity, samples: taken }) => ({ of, quantity, ...growthOf(taken) }))
    const calls = traffics.map(({ name, offered, answered, provoked, wrongCount }) => ({
      name,
      offered,
      answered,
      provoked,
      wrong: wrongCount,
    }))
    const result = {
      machine: describeMachine(['piscina']),
      minutes,
      seed,
      pauseMs,
      reloads,
      peers,
      calls,
      series: rows,
      problems,
    }
    writeFileSync(recordFile, `${JSON.stringify(result, undefined, 2)}\n`)
    print(`wrote ${recordFile}`)
  }
  return problems.length === 0 ? 0 : 1
}

function accountOf({ name, offered, settled, wrong, wrongCount }: Traffic): string[] {
  return [
    ...(offered === settled ? [] : [`${name}: ${offered} calls, and ${settled} answers`]),
    ...(wrongCount === 0 ? [] : [`${name}: ${wrongCount} wrong: ${wrong.join('; ')}`]),
  ]
}

function growthProblem({ of, quantity, samples: taken }: Series, minutes: number): string[] {
  const growth = growthOf(taken)
  if (growth === undefined || isFlat(quantity, growth)) return []
  // What else the machine does moves the p99 of a short run.
  if (quantity === 'p99' && minutes < 10) return []
  const { median } = growth
  return [
    `${of}: ${quantity} grew by ${shown(quantity, growth.growth)}, more than ${shown(quantity, allowanceOf(quantity, median))}`,
  ]
}

/** What a daemon still holds after the last call. */
async function leftIn(name: string, socket: string): Promise<string[]> {
  const until = performance.now() + settleMs
  for (;;) {
    const metrics = await metricsOf(socket)
    const left = ['sidelane_in_flight', 'sidelane_queued', 'sidelane_queued_bytes', 'sidelane_panics_total'].filter(
      (gauge) => metrics.get(gauge) !== 0,
    )
    // This request has a connection itself.
    if ((metrics.get('sidelane_connections') ?? 0) > 1) left.push('sidelane_connections')
    if (left.length === 0) return []
    if (performance.now() > until) return left.map((gauge) => `${name}: ${gauge} is ${metrics.get(gauge)} at the end`)
    await sleep(100)
  }
}

function shown(quantity: string, value: number): string {
  if (quantity === 'rss') return `${(value / 2 ** 20).toFixed(1)} MiB`
  return quantity === 'p99' ? `${value.toFixed(2)} ms` : value.toFixed(1)
}

function table(traffics: readonly Traffic[], series: readonly Series[]): string {
  const calls = traffics.map(({ name, offered, answered, provoked, wrongCount }) => {
    const faults = Object.entries(provoked).map(([code, count]) => `${count} ${code}`)
    return `${name.padEnd(22)} ${String(offered).padStart(9)} calls  ${String(answered).padStart(9)} as inline  ${wrongCount} wrong  ${faults.join(', ')}`
  })
  const row = ({ of, quantity, samples: taken }: Series): string => {
    const growth: Growth | undefined = growthOf(taken)
    if (growth === undefined) return `${of.padEnd(22)} ${quantity.padEnd(12)} too few values`
    const { median, slope } = growth
    return `${of.padEnd(22)} ${quantity.padEnd(12)} median ${shown(quantity, median).padStart(11)}  a minute ${shown(quantity, slope).padStart(11)}  in all ${shown(quantity, growth.growth).padStart(11)}`
  }
  return [...calls, '', ...series.map(row)].join('\n')
}
