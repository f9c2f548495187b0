// `node build/bench/call-path.js [ROOT]`: lists the files with a function that runs for one warm accepted payload, by
// placement, in the js engine. ROOT is the clone to examine, after `npm run build:all`; default: this one.

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type * as Sidelane from 'sidelane'
import { CallCoverage, folderVariable, listFileVariable } from './call-path/coverage.ts'
import { ourContract } from './contracts/ours.ts'
import { namedSets } from './payloads/sets.ts'

const warmCalls = 300
/** A timer may fire during one call: a file counts when it runs in most calls. */
const countedCalls = 9

/** The files that ran since the last call. */
type Take = () => Promise<readonly string[]>

const root = resolve(process.argv[2] ?? fileURLToPath(new URL('../../', import.meta.url)))
/** Not bundled: one file for each of src. */
const modules = join(root, 'build/src')
const sidelane = (await import(pathToFileURL(join(modules, 'index.js')).href)) as typeof Sidelane
process.env[folderVariable] = modules

const folder = mkdtempSync(join(tmpdir(), 'sidelane-call-path-'))
const lock = join(folder, 'order.lock.json')
writeFileSync(lock, JSON.stringify(ourContract({ source: 'orders' }, 'sha-256').lock))
const contract = sidelane.loadContract(lock)
const payload = (namedSets(1)['orders'] as () => { payloads: readonly Buffer[] })().payloads[0] as Buffer

try {
  const { take } = await CallCoverage.start(modules)
  await showInline(take)
  await showPool(take)
  await showSidecar(take, 'inline')
  await showSidecar(take, 'pool')
} finally {
  rmSync(folder, { recursive: true })
}

async function showInline(take: Take): Promise<void> {
  show('inline', await filesOf({ placement: 'inline' }, take))
}

async function showPool(take: Take): Promise<void> {
  const listFile = join(folder, 'worker.json')
  process.env[listFileVariable] = listFile
  const workerUrl = new URL('./call-path/worker.js', import.meta.url)
  const caller = await filesOf({ placement: 'pool', threads: 1, workerUrl }, take)
  const worker = JSON.parse(readFileSync(listFile, 'utf8')) as string[]
  show('pool', union(caller, worker))
  show('  caller', caller)
  show('  worker', worker)
}

async function showSidecar(take: Take, placement: 'inline' | 'pool'): Promise<void> {
  const socket = join(folder, `${placement}.sock`)
  const hook = new URL('./call-path/daemon.js', import.meta.url)
  const options = ['--engine', 'js', '--placement', placement, '--threads', '1', '--log-sample', '0']
  const daemon = fork(join(modules, 'daemon.js'), ['--socket', socket, '--contract', lock, ...options], {
    execArgv: ['--import', hook.href],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  while (!existsSync(socket)) await setTimeout(20)
  const inDaemon = new Map<string, number>()
  const client = await filesOf({ placement: 'sidecar', socket }, take, {
    before: async () => void (await takeOf(daemon)),
    after: async () => addTo(inDaemon, await takeOf(daemon)),
  })
  if (placement === 'inline') show('sidecar: client', client)
  show(`sidecar: node daemon, ${placement}`, inMost(inDaemon))
  daemon.kill()
  await once(daemon, 'exit')
}

async function takeOf(daemon: ChildProcess): Promise<readonly string[]> {
  daemon.send('take')
  const [files] = (await once(daemon, 'message')) as [readonly string[]]
  return files
}

interface Around {
  readonly before: () => Promise<void>
  readonly after: () => Promise<void>
}

/** The files of one warm call. */
async function filesOf(options: Sidelane.CreateOptions, take: Take, around?: Around): Promise<string[]> {
  const processor = await sidelane.createProcessor(contract, { engine: 'js', ...options })
  const call = async (): Promise<void> => {
    const { ok } = await processor.process(payload)
    if (!ok) throw new Error('Expected the payload to be accepted.')
  }
  for (let i = 0; i < warmCalls; i++) await call()
  const counts = new Map<string, number>()
  for (let i = 0; i < countedCalls; i++) {
    await setTimeout(30)
    await around?.before()
    await take()
    await call()
    await setTimeout(5)
    addTo(counts, await take())
    await around?.after()
  }
  await processor.close()
  return inMost(counts)
}

function addTo(counts: Map<string, number>, files: readonly string[]): void {
  for (const file of files) counts.set(file, (counts.get(file) ?? 0) + 1)
}

function inMost(counts: ReadonlyMap<string, number>): string[] {
  return [...counts]
    .filter(([, times]) => times > countedCalls / 2)
    .map(([file]) => file)
    .sort()
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].sort()
}

function show(title: string, files: readonly string[]): void {
  process.stdout.write(`${title}: ${files.length} files\n${files.map((file) => `    ${file}\n`).join('')}`)
}
