// Whose metrics are collected, and what of them belongs to which contract.

import {
  invalidOptions,
  type Contract,
  type Counted,
  type CountedHost,
  type CountedRollout,
  type PlacedName,
  type Stats,
} from '../model/index.ts'

/** A processor, a rollout or a host: what has `stats()`. */
export interface MetricsSource {
  /** Where payloads are processed: the label `placement`. */
  readonly placement: PlacedName
  /** Of a processor or a rollout: its name is the label `contract`. */
  readonly contract?: Pick<Contract, 'name'>
  /** The current counters. */
  stats(): Stats
}

/** Sources, or a function that returns those of the moment. */
export type MetricsSources = MetricsSource | Iterable<MetricsSource> | (() => MetricsSource | Iterable<MetricsSource>)

/** Counters with their labels. `contract` is empty for what the contracts of a host share. */
export interface LabelledStats {
  readonly contract: string
  readonly placement: PlacedName
  readonly stats: Stats
  /** Parts of `stats`: the calls, and what the policies did. */
  readonly hasCalls: boolean
  readonly hasPolicies: boolean
}

/** Throws `options.invalid`; what a function returns is checked when it is read. */
export function checkSources(sources: MetricsSources): void {
  if (typeof sources !== 'function') listOf(sources)
}

/** Nothing is counted twice: neither a source that is named twice, nor a processor beside its host or as a side beside its rollout. */
export function readSources(sources: MetricsSources): LabelledStats[] {
  const all = listOf(typeof sources === 'function' ? sources() : sources)
  const owners = new Set<object>()
  const read: LabelledStats[] = []
  for (const source of all) {
    if (!isHost(source)) continue
    owners.add(source.policyOwner)
    const { placement } = source
    for (const [contract, stats] of source.contractStats()) {
      read.push({ contract, placement, stats, hasCalls: true, hasPolicies: false })
    }
    read.push({ contract: '', placement, stats: source.stats(), hasCalls: false, hasPolicies: true })
  }
  const hosts = new Set(owners)
  const sides = new Set([...all].flatMap((source) => (isRollout(source) ? source.sides : [])))
  for (const source of all) {
    if (isHost(source)) continue
    const { policyOwner, sharesPolicies } = countedOf(source)
    if (hosts.has(policyOwner)) continue
    const contract = source.contract?.name ?? ''
    const { placement } = source
    const stats = source.stats()
    read.push({ contract, placement, stats, hasCalls: !sides.has(source), hasPolicies: !sharesPolicies })
    if (sharesPolicies && !owners.has(policyOwner)) {
      owners.add(policyOwner)
      read.push({ contract: '', placement, stats, hasCalls: false, hasPolicies: true })
    }
  }
  return read
}

/** Each source once. */
function listOf(given: unknown): Set<MetricsSource> {
  const all = new Set<unknown>(isIterable(given) ? given : [given])
  for (const source of all) {
    if (typeof (source as Partial<MetricsSource> | null | undefined)?.stats === 'function') continue
    throw invalidOptions('Expected `sources` to be processors, rollouts and hosts')
  }
  return all as Set<MetricsSource>
}

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value

const isHost = (source: object): source is MetricsSource & CountedHost => 'contractStats' in source

const isRollout = (source: object): source is MetricsSource & CountedRollout => 'sides' in source

const countedOf = (source: MetricsSource): Counted =>
  'policyOwner' in source ? (source as MetricsSource & Counted) : { policyOwner: source, sharesPolicies: false }
