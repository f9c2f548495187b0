#!/usr/bin/env node
// The Node daemon: options, contracts, service, socket, in this order; then signals. docs/daemon.md says what it does.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { readPackageJson } from './util/package-json.ts'
import {
  ConfigError,
  daemonHelp,
  descriptorSink,
  HttpEdge,
  listen,
  ListenError,
  loadContracts,
  Log,
  openService,
  Readiness,
  readOptions,
  Reporter,
  resolveSettings,
  type DaemonSettings,
  type LoadedContract,
  type Mode,
} from './server/index.ts'

const exitCodes = { fault: 1, wrong: 2 } as const

const { version } = readPackageJson()

// A reload that is asked for too early is made as soon as there is something to reload.
let reload = (): void => void (isReloadWanted = true)
let isReloadWanted = false
process.on('SIGHUP', () => reload())

const { mode, settings, contracts } = prepare()
const { takeover, socketMode, socketGroup, metricsListen } = settings

let draining = false
const log = new Log(descriptorSink(2))
const reporter = new Reporter({ log, sample: settings.logSample })
const service = await openService({ ...settings, server: `sidelane-node/${version}` }, contracts, reporter).catch(
  (error: Error) => end(exitCodes.wrong, error.message),
)
const names = service.contracts.list.map(({ name, id }) => `${name}@${id}`)
const place = settings.place.kind === 'path' ? settings.place.path : 'LISTEN_FDS'

if (mode === 'check') {
  process.stdout.write([`would listen on ${place}`, ...names.map((name) => `would serve ${name}`), ''].join('\n'))
  await service.destroy()
  process.exit()
}

const readiness = new Readiness({ service, memoryLimit: settings.memoryLimit })
const http = new HttpEdge({ service, reporter, readiness, deadlineMs: settings.deadlineMs, version })
service.http = http.accept
reporter.watch(() => ({
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
    else if (event.kind === 'republished') reporter.event('warn', 'republished', { socket: place })
    else if (event.kind === 'warning') reporter.warning(event.message)
    else if (event.kind === 'accept_failed') reporter.event('error', 'accept_failed', { code: event.error.code })
    else if (event.kind === 'closed') void drain('taken over')
    else {
      readiness.takenOver = true
      reporter.event('info', 'taken_over', { socket: place })
    }
  },
}).catch((error: Error) => end(error instanceof ListenError ? exitCodes.fault : exitCodes.wrong, error.message))

// Health and metrics only, for scrapers that cannot use a socket file.
const metricsServer = createServer({ allowHalfOpen: true }, (socket) => http.accept(socket, new Uint8Array(), true))
metricsServer.maxConnections = 8
metricsServer.on('drop', () => reporter.shed('connections'))
if (metricsListen !== undefined) {
  await new Promise<void>((resolve, reject) => {
    metricsServer.once('error', reject)
    metricsServer.listen(metricsListen, resolve)
  }).catch((error: Error) => {
    listener.close()
    return end(exitCodes.fault, error.message)
  })
  // An accept that failed must not end the process.
  metricsServer.on('error', ({ code }: NodeJS.ErrnoException) => reporter.event('error', 'accept_failed', { code }))
}

process.on('SIGTERM', () => void drain('SIGTERM'))
process.on('SIGINT', () => void drain('SIGINT'))
process.on('uncaughtException', ({ name, stack = '' }) => {
  // Its message may quote a payload.
  reporter.event('error', 'stopped', { fault: name, at: /\n\s+at (.+)/.exec(stack)?.[1] })
  listener.close()
  process.exit(exitCodes.fault)
})
if (settings.exitWithStdin) {
  const ended = (): void => void drain('stdin ended')
  process.stdin.on('end', ended).on('error', ended).resume()
}

service.ready()
reload = readAgain
reporter.event('info', 'listening', {
  socket: place,
  pid: process.pid,
  version,
  daemon: 'node',
  engine: service.engine.kind,
  contracts: names,
})
if (isReloadWanted) reload()

/** What can be wrong is wrong here, before anything is bound. */
function prepare(): { mode: Mode; settings: DaemonSettings; contracts: LoadedContract[] } {
  try {
    const given = readOptions({
      args: process.argv.slice(2),
      env: process.env,
      readFile: (path) => readFileSync(path, 'utf8'),
    })
    if (given.mode === 'help') end(0, daemonHelp('node dist/daemon.js'))
    if (given.mode === 'version') end(0, version)
    const resolved = resolveSettings(given.options, process.env)
    // They are ours alone, not of a process that we might start.
    delete process.env['LISTEN_FDS']
    delete process.env['LISTEN_PID']
    return { mode: given.mode, settings: resolved, contracts: loadContracts(resolved) }
  } catch (error) {
    const hint = error instanceof ConfigError ? '\nTry: --help' : ''
    return end(exitCodes.wrong, `${(error as Error).message}${hint}`)
  }
}

/** Says it, and ends: on stdout with 0, else on stderr. */
function end(code: number, message: string): never {
  if (code === 0) process.stdout.write(`${message}\n`)
  else process.stderr.write(`sidelane daemon: ${message}\n`)
  process.exit(code)
}

function readAgain(): void {
  try {
    service.reload(loadContracts(settings))
    reporter.reloaded()
  } catch (error) {
    reporter.reloaded(error as Error)
  }
}

/** The second call ends it at once. */
async function drain(why: string): Promise<void> {
  if (draining) {
    if (!why.startsWith('SIG')) return
    listener.close()
    process.exit(exitCodes.fault)
  }
  draining = true
  reporter.event('info', 'draining', { why })
  const late = AbortSignal.timeout(settings.drainMs)
  await service.drain()
  listener.close()
  metricsServer.close()
  await http.drain(late)
  await service.destroy()
  reporter.event('info', 'stopped')
  process.exit()
}
