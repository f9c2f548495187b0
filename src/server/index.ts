// The entry of server/, for src/daemon.ts and the command line.

export { ConfigError, readOptions, type Mode } from './config/load-config.ts'
export { daemonHelp } from './config/help.ts'
export type { Options } from './config/options.ts'
export { resolveSettings, type DaemonSettings } from './config/settings.ts'
export { loadContracts } from './contracts.ts'
export { EvictingSet } from './evicting-set.ts'
export { HttpServer } from './http/server.ts'
export { listen, ListenError } from './listener.ts'
export { descriptorSink, Log } from './log.ts'
export { Readiness } from './readiness.ts'
export { Telemetry } from './telemetry.ts'
export { openService, type Service } from './service.ts'
