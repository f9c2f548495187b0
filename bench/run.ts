// Process entry: `node build/bench/run.js`. Reads the command line, runs the selected case, prints the report.

import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { BadArgs, readArgs, usage, type Args } from './args.ts'
import { caches, cacheText } from './cases/cache.ts'
import { sharedCaches, sharedCacheText } from './cases/shared-cache.ts'
import { cli, cliTargets, cliText, fullLines, type CliRow } from './cases/cli.ts'
import { compare, type Compared } from './cases/compare.ts'
import { heap, heapTargets, heapText } from './cases/heap.ts'
import { httpCpu, httpCpuText } from './cases/http-cpu.ts'
import { hybrid, hybridText } from './cases/hybrid.ts'
import { layers, layerTargets, layerText } from './cases/layers.ts'
import { memoryIds, memoryList, memoryOf, type Memory } from './cases/memory.ts'
import { openLoop, openLoopText } from './cases/open-loop.ts'
import { overload, overloadTargets, overloadText } from './cases/overload.ts'
import { queueCase, queueText } from './cases/queue.ts'
import { daemonMemoryTargets } from './cases/sidecar-memory.ts'
import type { SidecarRow } from './cases/sidecar.ts'
import { stages } from './cases/stages.ts'
import { streamMemory, streamMemoryText, streams, streamText } from './cases/stream.ts'
import { contenderIds, openHosts, poolEngines, type Hosts } from './contenders.ts'
import { cpuMeter } from '../src/measure/cpu.ts'
import { describeMachine } from '../src/measure/machine.ts'
import { WrongAnswer } from '../src/measure/wrong-answer.ts'
import { wakeProbe } from './measure/wake.ts'
import {
  BadPayloads,
  defaultSetNames,
  manyOrders,
  namedSets,
  stageSetNames,
  thinned,
  userSet,
  type PayloadSet,
} from './payloads/sets.ts'
import { renderBench } from './html/page.ts'
import { writeRecord } from './html/record.ts'
import type { FullResult } from './html/result.ts'
import { makeHeader } from './report/header.ts'
import { progress } from './report/progress.ts'
import { headerText, setText, verdictText } from './report/text.ts'
import {
  quickSidecar,
  runBeforeAfter,
  runDaemonMemory,
  runSidecar,
  type EndpointResult,
  type SidecarResult,
} from './run-sidecar.ts'
import { socketIds } from './sidecar/ids.ts'
import type { StageRow } from './stages/row.ts'
import { judge, targetList, type Target } from './targets.ts'
import { stageHeaderText, stageTables } from './stages/text.ts'
import { decide } from './verdict.ts'

const print = (text: string): void => void process.stdout.write(`${text}\n`)

try {
  process.exitCode = await main(
    readArgs(process.argv.slice(2), { contenders: contenderIds, sets: Object.keys(namedSets(0)) }),
  )
} catch (error) {
  process.exitCode = explain(error)
}

function explain(error: unknown): number {
  if (error instanceof BadArgs || error instanceof BadPayloads) {
    process.stderr.write(`${error.message}\nTry --help.\n`)
    return 2
  }
  if (error instanceof WrongAnswer) {
    process.stderr.write(`Wrong answer, nothing here counts: ${error.message}\n`)
    return 1
  }
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && code.startsWith('contract.')) {
    const { message, pointer } = error as { message: string; pointer?: string }
    process.stderr.write(`The contract cannot be used: ${message}${pointer ? ` (at ${pointer})` : ''}\n`)
    return 2
  }
  throw error
}

async function main(args: Args): Promise<number> {
  if (args.help) {
    print(usage)
    return 0
  }
  const wanted = new Set<string>(args.only ?? contenderIds)
  // These cases create their own pools and must run alone.
  if (args.overload) return await runOverload(args, wanted)
  if (args.heap) return await runHeap(args)
  if (args.queue) return await runQueue(args)
  if (args.stages) return await runStages(args)
  if (args.cli) return await runCli(args, wanted)
  if (args.layers) return await runLayers(args)
  if (args.sidecar) return written(args, await runSidecar(args, wanted, chooseOne(args, 'orders'), print))
  if (args.httpCpu !== undefined) return await runHttpCpu(args, args.httpCpu)
  if (args.beforeAfter) return written(args, await runBeforeAfter(args, endpointSet(args), print))
  const hosts = await openHosts(wanted)
  try {
    if (args.stream) return await runStream(args, hosts)
    if (args.cache) return await runCache(args, hosts)
    if (args.hybrid) return await runHybrid(args, hosts)
    if (args.memory) return (await runMemory(args, hosts), await runDaemonMemory(args, wanted, print), 0)
    return await runCompare(args, hosts, wanted)
  } finally {
    await hosts.close()
  }
}

function chooseSets(args: Args): PayloadSet[] {
  if (args.payloads !== undefined) {
    return [thinned(userSet(args.payloads, args.contract), args.full ? 4096 : 256, args.full ? 16e6 : 4e6)]
  }
  const makers = namedSets(args.seed)
  const names = args.sets ?? (args.targets ? ['orders'] : defaultSetNames(args.full))
  return names.map((name) => thinned((makers[name] as () => PayloadSet)(), args.full ? 1024 : 256, 16e6))
}

/** Yours, or more order events than the other commands measure: an endpoint gets no payload twice in a row. */
function endpointSet(args: Args): PayloadSet {
  const named = args.payloads !== undefined || args.sets !== undefined
  return named ? chooseOne(args, 'orders') : manyOrders(args.seed)
}

/** The user's first set, else the named one. */
function chooseOne(args: Args, name: string): PayloadSet {
  return chooseSets({ ...args, sets: args.sets ?? [name] })[0] as PayloadSet
}

async function runCompare(args: Args, hosts: Hosts, wanted: ReadonlySet<string>): Promise<number> {
  const sets = chooseSets(args)
  for (const { note } of sets) if (note !== undefined) print(`${note}\n`)
  const meter = cpuMeter()
  const depths = args.full ? [64, 8, 1] : [64, 1]
  const pooled = [...wanted].some((id) => id.startsWith('p'))
  const wake = pooled ? await wakeProbe() : null
  const budgetMs = args.budgetMs ?? (args.full ? 240_000 : 42_000)
  const weights = sets.reduce((sum, set) => sum + set.weight, 0)
  const from = performance.now()
  const tell = progress()
  const done: Compared[] = []
  let before = 0
  for (const set of sets) {
    const share = set.weight / weights
    // Time that one set used too much is taken from the next ones.
    const leftMs = Math.max(1, budgetMs - (performance.now() - from))
    done.push(
      await compare(set, {
        hosts,
        wanted,
        rounds: args.rounds ?? 9,
        minRounds: args.rounds ?? 5,
        budgetMs: (leftMs * share) / (1 - before),
        depths,
        meter,
        onProgress: (what, part) => tell.at(`${set.name}: ${what}`, before + part * share),
      }),
    )
    before += share
  }
  tell.end()

  const rows = done.flatMap((compared) => compared.rows)
  const header = makeHeader(hosts, {
    cpuMethod: meter.method,
    rounds: Math.min(...rows.map((row) => row.rounds)),
    seed: args.seed,
    depths,
    wake,
    sets: done.map(({ report }) => report),
  })
  print(headerText(header))
  for (const { report, rows: own } of done) print(`\n${setText(report, own, wake)}`)

  const memory = args.targets ? await runMemory(args, hosts) : undefined
  const daemons = args.targets ? await runDaemonMemory(args, wanted, print) : []
  const orders = rows.filter((row) => row.payloads === 'orders')
  const targets = [...(orders.length > 0 ? judge(orders, memory) : []), ...daemonMemoryTargets(daemons)]
  if (targets.length > 0) print(`\nspeed to reach\n${targetList(targets)}`)
  const rates = args.full ? await openLoop(sets[0] as PayloadSet, hosts, wanted, rows) : []
  if (rates.length > 0) print(`\nfixed rates, ${sets[0]?.name}\n${openLoopText(rates)}`)
  const { targets: promised, ...behind } = await runSockets(args, wanted, sets[0] as PayloadSet)
  // The services run with the first set only.
  const served = behind.sidecar === undefined || 'sidecar' in behind.sidecar ? behind.sidecar?.sidecar : behind.sidecar
  const verdicts = done
    .filter((_, index) => sets[index]?.expect === 'accept')
    .map(({ report, rows: own }) =>
      decide(report.name, own, wake?.p50Us ?? Number.NaN, report.name === sets[0]?.name ? served : []),
    )
  print(`\nverdict\n${verdictText(verdicts)}`)

  const stages = args.full ? await quickStages(sets[0] as PayloadSet, args.seed) : undefined

  const all = [...targets, ...promised]
  const [verdict = null] = verdicts
  const result = { header, rows, verdict, verdicts, targets: all, rates, memory, daemons, ...behind, stages }
  writeResult(args, { ...result, at: new Date().toISOString() })
  return exitCode(args, all)
}

/** The stages of one set, for the picture of where the time goes. */
async function quickStages(set: PayloadSet, seed: number): Promise<readonly StageRow[]> {
  const tell = progress()
  const onProgress = (what: string, part: number): void => tell.at(what, part)
  const plan = { rounds: 25, minRounds: 3, budgetMs: 20_000, seed, onProgress }
  const result = await stages([set], plan)
  tell.end()
  print(`\n${stageTables(result.stages)}`)
  return result.stages
}

function writeResult({ json, html, record }: Args, result: FullResult): void {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`)
  // As from a file: null instead of NaN.
  if (html !== undefined) writeFileSync(html, renderBench(JSON.parse(JSON.stringify(result)) as FullResult))
  if (record) print(`\nrecord    ${writeRecord(result)}`)
}

/** Writes the result to the file of `--json`. */
function written(args: Args, result: { readonly targets: readonly Target[] }): number {
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify(result, null, 2)}\n`)
  return exitCode(args, result.targets)
}

function exitCode(args: Args, targets: readonly Target[]): number {
  return args.strict && targets.some(({ met }) => met !== true) ? 1 : 0
}

/** The sidecar part of the comparison: short, or complete with `--full` and `--targets`. */
async function runSockets(args: Args, wanted: ReadonlySet<string>, set: PayloadSet): Promise<Behind> {
  if (!args.full && !args.targets) return { sidecar: await quickSidecar(args, wanted, set, print), targets: [] }
  if (!socketIds.some((id) => wanted.has(id))) return { targets: [] }
  // `--budget-ms` applies to the comparison.
  const own = { ...args, budgetMs: undefined }
  print('')
  const sidecar = await runSidecar(own, wanted, set, print)
  if (args.only !== undefined || args.payloads !== undefined) return { sidecar, targets: sidecar.targets }
  print('')
  const beforeAfter = await runBeforeAfter(own, endpointSet(args), print)
  return { sidecar, beforeAfter, targets: [...sidecar.targets, ...beforeAfter.targets] }
}

interface Behind {
  readonly sidecar?: SidecarResult | readonly SidecarRow[]
  readonly beforeAfter?: EndpointResult
  readonly targets: readonly Target[]
}

async function runMemory(args: Args, hosts: Hosts): Promise<Memory[]> {
  const list: Memory[] = []
  const tell = progress()
  const ids = memoryIds.filter((id) => hosts.open.has(id))
  for (const [index, id] of ids.entries()) {
    tell.at(`memory of ${id}`, index / ids.length)
    list.push(await memoryOf(id, args.seed))
  }
  tell.end()
  if (list.length > 0) print(`\nresident memory, order events\n${memoryList(list)}`)
  return list
}

async function runStream(args: Args, hosts: Hosts): Promise<number> {
  const set = chooseSets(args)[0] as PayloadSet
  const rows = await streams(set, hosts, args.rounds ?? 5)
  print(`streams beside the closed loop, ${set.name}, digest sha-256\n${streamText(rows)}`)
  // Pools only, native first: a million payloads take minutes.
  const id = ['pool-native', 'pool-js'].find((name) => hosts.open.has(name))
  const memory = id === undefined ? [] : [await streamMemory(id, set, hosts, [100_000, 300_000, 1_000_000])]
  if (memory.length > 0) print(`\nresident memory of one stream\n${streamMemoryText(memory)}`)
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify({ streams: rows, memory }, null, 2)}\n`)
  return 0
}

async function runCache(args: Args, hosts: Hosts): Promise<number> {
  const rows = await caches(hosts, args.seed, args.rounds ?? 5)
  print(`result cache, made order events, 64 in flight, digest sha-256\n${cacheText(rows)}`)
  const shared = await sharedCaches(hosts, args.seed, args.rounds ?? 3)
  const text = shared && sharedCacheText(shared.rows, shared.breakEven)
  print(
    `\nshared tier in Redis, made order events, 64 in flight, digest sha-256\n${text ?? 'redis-server is not installed'}`,
  )
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify({ cache: rows, shared }, null, 2)}\n`)
  return 0
}

async function runLayers(args: Args): Promise<number> {
  const rows = await layers('auto', args.rounds ?? 9)
  const targets = layerTargets(rows)
  print(
    `CPU of the main thread for a call, inline, a text of 4 KB, one in flight\n${layerText(rows)}\n\n${targetList(targets)}`,
  )
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify({ layers: rows, targets }, null, 2)}\n`)
  return args.strict && targets.some(({ met }) => met !== true) ? 1 : 0
}

async function runOverload(args: Args, wanted: ReadonlySet<string>): Promise<number> {
  const set = chooseOne(args, 'orders-16kb')
  const tell = progress()
  const rows = await overload(set, {
    wanted,
    budgetMs: args.budgetMs ?? 100_000,
    onStep: (what, part) => tell.at(what, part),
  })
  tell.end()
  const targets = overloadTargets(rows)
  print(`overload, ${set.name}\n${overloadText(rows)}\n\nto reach\n${targetList(targets)}`)
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify({ overload: rows, targets }, null, 2)}\n`)
  return exitCode(args, targets)
}

async function runHeap(args: Args): Promise<number> {
  const tell = progress()
  const rows = await heap((what, part) => tell.at(what, part))
  tell.end()
  const targets = heapTargets(rows)
  print(`heap of the js engine\n${heapText(rows)}`)
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify({ heap: rows, targets }, null, 2)}\n`)
  return exitCode(args, targets)
}

async function runQueue(args: Args): Promise<number> {
  const machine = describeMachine(['bullmq', 'ioredis', 'zod'])
  const tell = progress()
  const rows = await queueCase(args.seed, args.full ? 5 : 1, (what, part) => tell.at(what, part))
  tell.end()
  if (rows === undefined) {
    print('redis-server is not installed: nothing is measured')
    return 0
  }
  print(`a queue in Redis, orders of 1 KB; ${machine.cores} cores for Redis, the producer and all workers together\n`)
  print(queueText(rows))
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify({ machine, queue: rows }, null, 2)}\n`)
  return 0
}

async function runCli(args: Args, wanted: ReadonlySet<string>): Promise<number> {
  const set = chooseOne(args, 'orders')
  const rows: CliRow[] = []
  const lines = args.full ? fullLines : 100_000
  for (const engine of await poolEngines(wanted)) rows.push(await cli(set, engine, lines))
  const targets = cliTargets(rows)
  print(`sidelane process, ${set.name}, digest sha-256\n${cliText(rows)}\n\nto reach\n${targetList(targets)}`)
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify({ cli: rows, targets }, null, 2)}\n`)
  return exitCode(args, targets)
}

async function runHttpCpu(args: Args, daemons: readonly string[]): Promise<number> {
  const set = chooseOne(args, 'orders')
  const tell = progress()
  const rows = await httpCpu(set, {
    daemons: daemons.map((file) => resolve(file)),
    engines: ['js', 'native'],
    rounds: args.rounds ?? 3,
    slotMs: 2000,
    onStep: (what, part) => tell.at(what, part),
  })
  tell.end()
  print(`CPU of the daemon per HTTP request, ${set.name}, digest sha-256: median, ratio to the first build, rounds`)
  print(httpCpuText(rows))
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify({ httpCpu: rows }, null, 2)}\n`)
  return 0
}

async function runHybrid(args: Args, hosts: Hosts): Promise<number> {
  const given = args.only?.some((id) => id.endsWith('-js')) === true && !args.only.some((id) => id.endsWith('-native'))
  const result = await hybrid(
    given ? 'js' : hosts.auto.kind === 'native' ? 'native' : 'js',
    args.seed,
    args.rounds ?? 5,
  )
  print(`placement auto at fixed rates, order events of 4 KB and one in 64 of 256 KB, ${result.engine} engine`)
  print(`${hybridText(result)}\n\n${targetList(result.targets)}`)
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify(result, null, 2)}\n`)
  return exitCode(args, result.targets)
}

async function runStages(args: Args): Promise<number> {
  const sets = chooseSets({ ...args, sets: args.sets ?? stageSetNames() })
  for (const { note } of sets) if (note !== undefined) print(`${note}\n`)
  const tell = progress()
  const result = await stages(sets, {
    // Many short slots: some are not interrupted by other processes.
    rounds: args.rounds ?? 25,
    minRounds: args.rounds ?? 3,
    budgetMs: args.budgetMs ?? 120_000,
    seed: args.seed,
    onProgress: (what, part) => tell.at(what, part),
  })
  tell.end()
  print(`${stageHeaderText(result.header)}\n\n${stageTables(result.stages)}`)
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify(result, null, 2)}\n`)
  return 0
}
