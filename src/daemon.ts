#!/usr/bin/env node
// The Node daemon: starts with options, contracts, service and socket, then handles signals. Its behavior: docs/daemon.md.

import { createServer } from 'node:net'
import type { KeyedContract } from './model/index.ts'
import { configTexts as texts, drainCauses } from './tables/daemon-texts.ts'
import { fillTemplate } from './util/fill-template.ts'
import { readPackageJson } from './util/package-files.ts'
import {
  ConfigError,
  daemonHelp,
  descriptorSink,
  EvictingSet,
  endBySignal,
  endProcess,
  HttpServer,
  listen,
  ListenError,
  loadContracts,
  Log,
  openService,
  Owner,
  Readiness,
  readOptions,
  resolveSettings,
  Telemetry,
  type ContractBatch,
  type DaemonSettings,
  type EndSignal,
  type Mode,
} from './server/index.ts'

const exitCodes = { failure: 1, usage: 2 } as const

const { version } = readPackageJson()

// A SIGHUP during the start takes effect when the daemon listens. Until then nothing was accepted, and nothing is drained.
let reload = (): void => void (isReloadRequested = true)
let isReloadRequested = false
let end: (signal: EndSignal) => void = endBySignal
process.on('SIGHUP', () => reload())
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end(signal))

const { mode, settings } = await prepare()
const { takeover, socketMode, socketGroup, metricsListen } = settings

let draining = false
let reloading = Promise.resolve()
const owner = new Owner(settings)
/** Contracts of the owner that are served. */
let ownerContracts: readonly KeyedContract[] = []
const contracts = await initialContracts()
const log = new Log(descriptorSink(2))
const telemetry = new Telemetry(log, settings.logSample)
const service = await openService({ ...settings, server: `sidelane-node/${version}` }, contracts, telemetry).catch(
  (error: Error) => exit(exitCodes.usage, error.message),
)
if (settings.engine === 'auto' && service.engine.kind === 'js')
  telemetry.event('warning', { message: service.engine.reason })
const names = service.contracts.list.map(({ name, id }) => `${name}@${id}`)
const place = settings.place.kind === 'path' ? settings.place.path : 'LISTEN_FDS'

if (mode === 'check') {
  const lines = [
    fillTemplate(texts.wouldListen, { place }),
    ...names.map((contract) => fillTemplate(texts.wouldServe, { contract })),
  ]
  print(process.stdout, lines.join('\n'))
  await service.destroy()
  process.exit()
}

const readiness = new Readiness(service, settings.memoryLimit)
const http = new HttpServer({ service, telemetry, readiness, deadlineMs: settings.deadlineMs, version })
service.http = http.accept
telemetry.watch(() => ({
  ...service.gauges,
  contracts: service.contracts.list.length,
  ready: readiness.reasons().length === 0,
  version,
  engine: service.engine.kind,
}))

const listener = await listen({
  place: settings.place,
  takeover,
  mode: socketMode,
  group: socketGroup,
  onEvent: (event) => {
    if (event.kind === 'connection') service.accept(event.socket)
    else if (event.kind === 'republished') telemetry.event('republished', { socket: place })
    else if (event.kind === 'warning') telemetry.event('warning', { message: event.message })
    else if (event.kind === 'accept_failed') telemetry.event('accept_failed', { code: event.error.code })
    else if (event.kind === 'closed') void drain(drainCauses.takenOver)
    else {
      readiness.takenOver = true
      telemetry.event('taken_over', { socket: place })
    }
  },
}).catch((error: Error) => exit(error instanceof ListenError ? exitCodes.failure : exitCodes.usage, error.message))

// Health and metrics only, for scrapers that cannot use a socket file.
const scrapers = new EvictingSet(8, () => telemetry.shed('connections'))
const metricsServer = createServer({ allowHalfOpen: true }, (socket) => {
  scrapers.add(socket)
  http.accept(socket, new Uint8Array(), 'monitoring')
})
// From here on there is a file to remove.
end = (signal) => void drain(signal === 'SIGTERM' ? drainCauses.sigterm : drainCauses.sigint)
if (metricsListen !== undefined) {
  await new Promise<void>((resolve, reject) => {
    metricsServer.once('error', reject)
    metricsServer.listen(metricsListen, resolve)
  }).catch((error: Error) => {
    listener.close()
    return exit(exitCodes.failure, error.message)
  })
  // Without a handler, a failed accept ends the process.
  metricsServer.on('error', ({ code }: NodeJS.ErrnoException) => telemetry.event('accept_failed', { code }))
}

process.on('uncaughtException', ({ name, stack = '' }) => {
  // The message is left out: it may contain a part of a payload.
  telemetry.event('stopped', { fault: name, at: /\n\s+at (.+)/.exec(stack)?.[1] })
  listener.close()
  void endProcess(exitCodes.failure, reloading)
})

service.ready()
reload = requestReload
owner.listen(addContracts, () => void drain(drainCauses.stdinEnded))
telemetry.event('listening', {
  socket: place,
  pid: process.pid,
  version,
  daemon: 'node',
  engine: service.engine.kind,
  contracts: names,
})
if (isReloadRequested) {
  isReloadRequested = false
  reload()
}

/** Reads the options. Exits when they are invalid. */
async function prepare(): Promise<{ mode: Mode; settings: DaemonSettings }> {
  try {
    const read = await readOptions({ args: process.argv.slice(2), env: process.env })
    if (read.mode === 'help') exit(0, daemonHelp('node dist/daemon.js'))
    if (read.mode === 'version') exit(0, version)
    const resolved = resolveSettings(read.options, process.env)
    // Child processes must not take them for theirs.
    delete process.env['LISTEN_FDS']
    delete process.env['LISTEN_PID']
    return { mode: read.mode, settings: resolved }
  } catch (error) {
    const hint = error instanceof ConfigError ? `\n${texts.tryHelp}` : ''
    return exit(exitCodes.usage, `${(error as Error).message}${hint}`)
  }
}

/** Those of the files and of the owner. Exits when they are invalid, before anything is bound. */
async function initialContracts(): Promise<readonly KeyedContract[]> {
  const batch = await owner.firstBatch
  if (batch === undefined) {
    owner.cleanUp()
    process.exit()
  }
  try {
    if (batch instanceof Error) throw batch
    ownerContracts = batch
    return [...(await loadContracts(settings)), ...batch]
  } catch (error) {
    return exit(exitCodes.usage, (error as Error).message)
  }
}

/** Prints the message and exits: on stdout with code 0, else on stderr. */
function exit(code: number, message: string): never {
  if (code === 0) print(process.stdout, message)
  else print(process.stderr, `sidelane daemon: ${message}`)
  process.exit(code)
}

/** Ignores a full disk and a closed pipe: the exit code has the result, too. */
function print(stream: NodeJS.WriteStream, text: string): void {
  stream.on('error', () => {}).write(`${text}\n`)
}

/** One reload at a time; all requests during a reload are one further reload. */
function requestReload(): void {
  if (isReloadRequested) return
  isReloadRequested = true
  reloading = reloading.then(() => {
    isReloadRequested = false
    return reloadContracts([])
  })
}

function addContracts(batch: ContractBatch): void {
  reloading = reloading.then(() => reloadContracts(batch))
}

async function reloadContracts(added: ContractBatch): Promise<void> {
  if (draining) return
  try {
    if (added instanceof Error) throw added
    const all = [...ownerContracts, ...added]
    const loaded = [...(await loadContracts(settings)), ...all]
    if (draining) return
    service.reload(loaded)
    ownerContracts = all
    telemetry.reloaded()
  } catch (error) {
    telemetry.reloaded(error as Error)
  }
}

/** A second signal exits at once. */
async function drain(why: string): Promise<void> {
  if (draining) {
    if (!why.startsWith('SIG')) return
    listener.close()
    return endProcess(exitCodes.failure, reloading)
  }
  draining = true
  telemetry.event('draining', { why })
  const timeout = AbortSignal.timeout(settings.drainMs)
  await service.drain()
  listener.close()
  owner.cleanUp()
  metricsServer.close()
  await http.drain(timeout)
  telemetry.event('stopped')
  // A worker that does not return, or a file of a disk that does not answer, must not block the end.
  await endProcess(0, Promise.all([service.destroy(), reloading]))
}
