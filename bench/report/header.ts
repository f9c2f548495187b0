// The header of the report and of the JSON file: machine, engines and options of the run.

import type { SetReport } from '../cases/compare.ts'
import { poolThreads, type Hosts } from '../contenders.ts'
import { describeMachine, type Machine } from '../../src/measure/machine.ts'
import type { WakeProbe } from '../measure/wake.ts'

/** The packages of the peers. */
export const peerPackages = ['zod', 'ajv', 'typebox', 'fflate', 'canonicalize', 'piscina'] as const

export interface Header {
  readonly machine: Machine
  /** One line for each engine of this run, and the choice of `auto`. */
  readonly engines: readonly { readonly name: string; readonly text: string }[]
  readonly poolThreads: number
  /** How main-thread time was measured. */
  readonly cpuMethod: string
  readonly rounds: number
  readonly seed: number
  readonly depths: readonly number[]
  readonly wake: WakeProbe | null
  readonly sets: readonly SetReport[]
}

export function makeHeader(hosts: Hosts, rest: Omit<Header, 'machine' | 'engines' | 'poolThreads'>): Header {
  return { machine: describeMachine(peerPackages), engines: engineLines(hosts), poolThreads: poolThreads(), ...rest }
}

const howToBuild = ' (it is built by: npm run build:native, with Rust from https://rustup.rs)'

function engineLines(hosts: Hosts): Header['engines'] {
  const of = (engine: 'js' | 'native'): { name: string; text: string }[] => {
    const host = hosts.open.get(`inline-${engine}`) ?? hosts.open.get(`pool-${engine}`)
    const missing = hosts.missing.get(`inline-${engine}`) ?? hosts.missing.get(`pool-${engine}`)
    if (host !== undefined) return [{ name: engine, text: host.engine.reason }]
    return missing === undefined ? [] : [{ name: engine, text: `absent, no rows: ${missing}${howToBuild}` }]
  }
  const { kind, reason, tried } = hosts.auto
  const failed = tried.map(({ path, error }) => `${path}: ${error}`).join('; ')
  const auto = { name: 'auto', text: `takes ${kind}: ${reason}${failed === '' ? '' : ` (tried ${failed})`}` }
  return [auto, ...of('js'), ...of('native')]
}
