#!/usr/bin/env node
// The Node daemon: starts with options, contracts, service and socket, then handles signals. Its behavior: docs/daemon.md.

import { createServer } from 'node:net'
import type { KeyedContract } from './model/index.ts'
import { configTexts as texts, drainCauses } from './tables/daemon-texts.ts'
import { errorText } from './util/error-text.ts'
import { fillTemplate } from './util/fill-template.ts'
import { readPackageJson } from './util/package-files.ts'
import {
  addressText,
  ConfigError,
  CrashReports,
  daemonHelp,
  descriptorSink,
  EvictingSet,
  excludeMemoryFromCoreDumps,
  endBySignal,
  endProcess,
  HttpServer,
  listen,
  ListenError,
  listenTls,
  loadContracts,
  loadTlsFiles,
  Log,
  openService,
  Owner,
  Readiness,
  readOptions,
  resolveSettings,
  TcpListener,
  Telemetry,
  type ContractBatch,
  type DaemonSettings,
  type EndSignal,
  type Mode,
  type TcpEvents,
  type TlsFiles,
  type TlsListener,
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
const { contracts, tlsFiles } = await initialFiles()
if (!settings.allowCoreDumps) excludeMemoryFromCoreDumps()
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
    ...(settings.tls === undefined
      ? []
      : [
          fillTemplate(texts.wouldListenTls, {
            address: addressText(settings.tls.listen.host, settings.tls.listen.port),
          }),
        ]),
    ...names.map((contract) => fillTemplate(texts.wouldServe, { contract })),
  ]
  print(process.stdout, lines.join('\n'))
  await service.destroy()
  process.exit()
}

const crashes = openCrashReports()
telemetry.onCode = (code) => crashes?.note(code)
const readiness = new Readiness(service, settings, telemetry)
const http = new HttpServer({ service, telemetry, readiness, deadlineMs: settings.deadlineMs, version })
service.http = http
let tls: TlsListener | undefined
const tcpEvents: TcpEvents = {
  onAcceptFailed: ({ code }) => telemetry.event('accept_failed', { code }),
  onWarning: (message) => telemetry.event('warning', { message }),
}
telemetry.watch(() => ({
  ...service.gauges,
  contracts: service.contracts.list.length,
  ready: readiness.reasons().length === 0,
  leakSuspected: readiness.isLeakSuspected,
  crashReports: crashes?.count ?? 0,
  tls: tls && { connections: tls.peers.connections, handshakes: tls.handshakes },
  version,
  engine: service.engine.kind,
}))

if (settings.tls !== undefined && tlsFiles !== undefined) {
  tls = await listenTls(settings.tls, tlsFiles, takeover, {
    onConnection: (socket, peer, protocol) => service.acceptTls(socket, peer, protocol),
    onRefused: (reason, peer) => telemetry.tlsRefused(reason, peer),
    onFirstConnection: (peer) => telemetry.event('peer_connected', { peer }),
    ...tcpEvents,
  }).catch((error: Error) => exit(exitCodes.failure, error.message))
}

let metrics: TcpListener | undefined
// Before the socket file is published: a daemon whose address cannot be bound must leave the other one in service.
if (metricsListen !== undefined) {
  // Health and metrics only, for scrapers that cannot use a socket file.
  const scrapers = new EvictingSet(8, () => telemetry.shed('connections'))
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    scrapers.add(socket)
    http.accept(socket, new Uint8Array(), 'monitoring')
  })
  metrics = new TcpListener(server, metricsListen, tcpEvents)
  await metrics.listen(takeover).catch((error: Error) => exit(exitCodes.failure, error.message))
}

const listener = await listen({
  place: settings.place,
  takeover,
  allowOpenDirectory: settings.allowOpenDirectory,
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
      // It drains for a signal.
      if (draining) leaveAddresses()
    }
  },
}).catch((error: Error) => exit(error instanceof ListenError ? exitCodes.failure : exitCodes.usage, error.message))

// From here on there is a file to remove.
end = (signal) => void drain(signal === 'SIGTERM' ? drainCauses.sigterm : drainCauses.sigint)

process.on('uncaughtException', ({ name, stack = '' }) => {
  // The message is left out: it may contain a part of a payload.
  const at = /\n\s+at (.+)/.exec(stack)?.[1]
  telemetry.event('stopped', { fault: name, at })
  crashes?.exception(name, at)
  crashes?.close()
  listener.close()
  void endProcess(exitCodes.failure, reloading)
})

service.ready()
reload = requestReload
owner.listen(addContracts, () => void drain(drainCauses.stdinEnded))
telemetry.event('listening', {
  socket: place,
  ...(tls !== undefined && { tls: tls.address }),
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

/** Contracts of the files and of the owner, and the files of TLS. Exits when they are invalid, before anything is bound. */
async function initialFiles(): Promise<{ contracts: readonly KeyedContract[]; tlsFiles: TlsFiles | undefined }> {
  const batch = await owner.firstBatch
  if (batch === undefined) {
    owner.cleanUp()
    process.exit()
  }
  try {
    if (batch instanceof Error) throw batch
    ownerContracts = batch
    const loaded = [...(await loadContracts(settings)), ...batch]
    return { contracts: loaded, tlsFiles: settings.tls && (await loadTlsFiles(settings.tls)) }
  } catch (error) {
    return exit(exitCodes.usage, (error as Error).message)
  }
}

function openCrashReports(): CrashReports | undefined {
  const { crashDir: directory } = settings
  if (directory === undefined) return undefined
  const refused = (error: unknown): string =>
    fillTemplate(texts.cannotUseCrashDir, { directory, reason: errorText(error) })
  try {
    const reports = new CrashReports(directory, version)
    process.on('exit', () => reports.close())
    if (reports.count > 0) telemetry.event('crash_reports', { count: reports.count })
    if (reports.full !== undefined) telemetry.event('warning', { message: refused(reports.full) })
    return reports
  } catch (error) {
    return exit(exitCodes.usage, refused(error))
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
    const files = settings.tls && (await loadTlsFiles(settings.tls))
    if (draining) return
    service.reload(loaded)
    if (files !== undefined) tls?.replace(files)
    ownerContracts = all
    telemetry.reloaded()
  } catch (error) {
    telemetry.reloaded(error as Error)
  }
}

/** The daemon that took over needs them. */
function leaveAddresses(): void {
  tls?.close()
  metrics?.close()
}

/** A second signal exits at once. */
async function drain(why: string): Promise<void> {
  if (draining) {
    if (!why.startsWith('SIG')) return
    listener.close()
    crashes?.close()
    return endProcess(exitCodes.failure, reloading)
  }
  draining = true
  telemetry.event('draining', { why })
  // Connections wait in the backlog of the service manager's socket for the next daemon.
  if (settings.place.kind === 'descriptor') listener.close()
  if (readiness.takenOver) leaveAddresses()
  await service.drain(() => {
    listener.removeFile()
    leaveAddresses()
  })
  listener.close()
  leaveAddresses()
  owner.cleanUp()
  telemetry.event('stopped')
  crashes?.close()
  // A worker that does not return, or a file of a disk that does not answer, must not block the end.
  await endProcess(0, Promise.all([service.destroy(), reloading]))
}
