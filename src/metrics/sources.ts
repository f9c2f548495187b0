// Whose metrics are collected, and what of them belongs to which contract.

import type { Contract, Counted, CountedHost, PlacementName, Stats } from '../model/index.ts'

/** A processor, a rollout or a host: what has `stats()`. */
export interface MetricsSource {
  /** Where payloads are processed: the label `placement`. */
  readonly placement: PlacementName
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
  readonly placement: PlacementName
  readonly stats: Stats
  /** Parts of `stats`: the calls, and what the policies did. */
  readonly hasCalls: boolean
  readonly hasPolicies: boolean
}

/** Nothing is counted twice: neither a source that is named twice, nor a processor beside its host. */
export function readSources(sources: MetricsSources): LabelledStats[] {
  const given = typeof sources === 'function' ? sources() : sources
  const all = new Set(Symbol.iterator in given ? given : [given])
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
  for (const source of all) {
    if (isHost(source)) continue
    const { policyOwner, sharesPolicies } = countedOf(source)
    if (hosts.has(policyOwner)) continue
    const contract = source.contract?.name ?? ''
    const { placement } = source
    const stats = source.stats()
    read.push({ contract, placement, stats, hasCalls: true, hasPolicies: !sharesPolicies })
    if (sharesPolicies && !owners.has(policyOwner)) {
      owners.add(policyOwner)
      read.push({ contract: '', placement, stats, hasCalls: false, hasPolicies: true })
    }
  }
  return read
}

const isHost = (source: object): source is MetricsSource & CountedHost => 'contractStats' in source

const countedOf = (source: MetricsSource): Counted =>
  'policyOwner' in source ? (source as MetricsSource & Counted) : { policyOwner: source, sharesPolicies: false }
