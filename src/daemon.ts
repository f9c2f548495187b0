#!/usr/bin/env node
// The Node daemon: starts with options, contracts, service and socket, then handles signals. Its behavior: docs/daemon.md.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { KeyedContract } from './model/index.ts'
import { configTexts as texts, drainCauses } from './tables/daemon-texts.ts'
import { fillTemplate } from './util/fill-template.ts'
import { readPackageJson } from './util/package-json.ts'
import {
  ConfigError,
  daemonHelp,
  descriptorSink,
  EvictingSet,
  HttpServer,
  listen,
  ListenError,
  loadContracts,
  Log,
  openService,
  Readiness,
  readOptions,
  resolveSettings,
  Telemetry,
  type DaemonSettings,
  type Mode,
} from './server/index.ts'

const exitCodes = { failure: 1, usage: 2 } as const

const { version } = readPackageJson()

// A SIGHUP during the start takes effect when the daemon listens.
let reload = (): void => void (isReloadRequested = true)
let isReloadRequested = false
process.on('SIGHUP', () => reload())

const { mode, settings, contracts } = prepare()
const { takeover, socketMode, socketGroup, metricsListen } = settings

let draining = false
const log = new Log(descriptorSink(2))
const telemetry = new Telemetry(log, settings.logSample)
const service = await openService({ ...settings, server: `sidelane-node/${version}` }, contracts, telemetry).catch(
  (error: Error) => exit(exitCodes.usage, error.message),
)
const names = service.contracts.list.map(({ name, id }) => `${name}@${id}`)
const place = settings.place.kind === 'path' ? settings.place.path : 'LISTEN_FDS'

if (mode === 'check') {
  const lines = [
    fillTemplate(texts.wouldListen, { place }),
    ...names.map((contract) => fillTemplate(texts.wouldServe, { contract })),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
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

process.on('SIGTERM', () => void drain(drainCauses.sigterm))
process.on('SIGINT', () => void drain(drainCauses.sigint))
process.on('uncaughtException', ({ name, stack = '' }) => {
  // The message is left out: it may contain a part of a payload.
  telemetry.event('stopped', { fault: name, at: /\n\s+at (.+)/.exec(stack)?.[1] })
  listener.close()
  process.exit(exitCodes.failure)
})
if (settings.exitWithStdin) {
  const onEnd = (): void => void drain(drainCauses.stdinEnded)
  process.stdin.on('end', onEnd).on('error', onEnd).resume()
}

service.ready()
reload = reloadContracts
telemetry.event('listening', {
  socket: place,
  pid: process.pid,
  version,
  daemon: 'node',
  engine: service.engine.kind,
  contracts: names,
})
if (isReloadRequested) reload()

/** Reads options and contracts. Exits when they are invalid, before anything is bound. */
function prepare(): { mode: Mode; settings: DaemonSettings; contracts: KeyedContract[] } {
  try {
    const given = readOptions({
      args: process.argv.slice(2),
      env: process.env,
      readFile: (path) => readFileSync(path, 'utf8'),
    })
    if (given.mode === 'help') exit(0, daemonHelp('node dist/daemon.js'))
    if (given.mode === 'version') exit(0, version)
    const resolved = resolveSettings(given.options, process.env)
    // Child processes must not take them for theirs.
    delete process.env['LISTEN_FDS']
    delete process.env['LISTEN_PID']
    return { mode: given.mode, settings: resolved, contracts: loadContracts(resolved) }
  } catch (error) {
    const hint = error instanceof ConfigError ? `\n${texts.tryHelp}` : ''
    return exit(exitCodes.usage, `${(error as Error).message}${hint}`)
  }
}

/** Prints the message and exits: on stdout with code 0, else on stderr. */
function exit(code: number, message: string): never {
  if (code === 0) process.stdout.write(`${message}\n`)
  else process.stderr.write(`sidelane daemon: ${message}\n`)
  process.exit(code)
}

function reloadContracts(): void {
  try {
    service.reload(loadContracts(settings))
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
    process.exit(exitCodes.failure)
  }
  draining = true
  telemetry.event('draining', { why })
  const timeout = AbortSignal.timeout(settings.drainMs)
  await service.drain()
  listener.close()
  metricsServer.close()
  await http.drain(timeout)
  await service.destroy()
  telemetry.event('stopped')
  process.exit()
}
