// The door of server/: what src/daemon.ts starts.

export { loadContracts, type ContractSources, type LoadedContract, type Served, type ServedTable } from './contracts.ts'
export { openService } from './daemon-service.ts'
export type { Job } from './job.ts'
export type { Observer } from './observer.ts'
export type { Service, ServiceSettings } from './service.ts'
