// The checks of `sidelane doctor` for the machine: Node, Unicode, processor, cores, memory, file descriptors.

import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { resolveHostOptions } from '../model/index.ts'
import { formatBytes } from './format-units.ts'
import type { Check } from './doctor-check.ts'

/** `range` is engines.node of package.json: `^20.19.0 || >=24`. */
export function checkNode(version: string, range: string): Check {
  const details = { version, supported: range }
  if (inRange(version, range)) return { id: 'node', status: 'ok', found: `${version} (supported: ${range})`, details }
  return {
    id: 'node',
    status: 'warn',
    found: `${version} is outside of ${range}`,
    advice: 'This version is not tested; install a supported one.',
    details,
  }
}

/** Supports the ranges `^a.b.c` and `>=a.b.c`, joined by `||`. */
function inRange(version: string, range: string): boolean {
  const found = numbersOf(version)
  return range.split('||').some((part) => {
    const least = numbersOf(part)
    const sameMajor = found[0] === least[0]
    return isAtLeast(found, least) && (sameMajor || part.trim().startsWith('>='))
  })
}

const numbersOf = (text: string): readonly number[] => (text.match(/\d+/g) ?? []).map(Number)

function isAtLeast(one: readonly number[], other: readonly number[]): boolean {
  for (let i = 0; i < 3; i++) {
    const difference = (one[i] ?? 0) - (other[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

const pinnedUnicode = 15

export function checkUnicode(runtime: string | undefined): Check {
  const details = { runtime: runtime ?? null, pinned: `${pinnedUnicode}.0` }
  const found = `runtime ${runtime ?? 'without ICU'}, contracts pin ${pinnedUnicode}.0`
  if (runtime !== undefined && Number.parseFloat(runtime) >= pinnedUnicode)
    return { id: 'unicode', status: 'ok', found, details }
  return {
    id: 'unicode',
    status: 'fail',
    found,
    advice: 'The js engine normalizes differently here; use a Node with full ICU.',
    details,
  }
}

/** CPU features that the native engine uses, by their names in /proc/cpuinfo. */
const usefulFlags: Readonly<Record<string, readonly string[]>> = {
  x64: ['sse4_2', 'pclmulqdq', 'avx2', 'bmi2', 'sha_ni'],
  arm64: ['asimd', 'crc32', 'pmull', 'sha2'],
}

export function checkCpu(): Check {
  const model = cpus()[0]?.model.trim() ?? 'unknown'
  const useful = usefulFlags[process.arch] ?? []
  const flags = /^(?:flags|Features)\s*:(.*)$/m
    .exec(readText('/proc/cpuinfo') ?? '')?.[1]
    ?.trim()
    .split(/\s+/)
  const features = flags === undefined ? undefined : useful.filter((flag) => flags.includes(flag))
  const missing = features === undefined ? [] : useful.filter((flag) => !features.includes(flag))
  const details = { model, arch: process.arch, features: features ?? null, missing }
  const listed = features === undefined ? 'features cannot be read here' : features.join(' ') || 'no known features'
  const found = `${model}, ${process.arch}: ${listed}`
  const slow = missing.includes('sha_ni') || missing.includes('sha2')
  return {
    id: 'cpu',
    status: 'ok',
    found: slow ? `${found}; no SHA instructions` : found,
    ...(slow && { advice: 'Digests take about twice as long without them.' }),
    details,
  }
}

export function checkCores(): Check {
  const cores = availableParallelism()
  const { threads } = resolveHostOptions({ placement: 'pool' }, cores)
  const quota = cpuQuota()
  const details = { cores, defaultThreads: threads, quota: quota ?? null }
  const found = `${cores}${quota === undefined ? '' : `, quota ${quota.toFixed(1)}`}; pool of ${threads} by default`
  if (quota !== undefined && quota < cores) {
    const advice = `The container may use only ${quota.toFixed(1)} of them: set threads to ${Math.max(1, Math.floor(quota) - 1)}.`
    if (threads > quota) return { id: 'cores', status: 'warn', found, advice, details }
  }
  if (cores === 1) {
    const advice = 'Workers share the only core with the event loop: placement "inline" is likely faster.'
    return { id: 'cores', status: 'warn', found, advice, details }
  }
  return { id: 'cores', status: 'ok', found, details }
}

/** The CPU quota of the control group, in cores; undefined without a quota. */
function cpuQuota(): number | undefined {
  const [quota, period] = (readText('/sys/fs/cgroup/cpu.max') ?? '').trim().split(' ').map(Number)
  if (quota !== undefined && quota > 0 && period !== undefined && period > 0) return quota / period
  const cgroup1 = Number(readText('/sys/fs/cgroup/cpu/cpu.cfs_quota_us') ?? -1)
  return cgroup1 > 0 ? cgroup1 / Number(readText('/sys/fs/cgroup/cpu/cpu.cfs_period_us') ?? 100_000) : undefined
}

/** A worker's heap, its buffers and a queue of 64 MiB need this much beside the app. */
const minMemoryBytes = 256 * 1024 * 1024

export function checkMemory(): Check {
  const total = totalmem()
  const group = Number(
    readText('/sys/fs/cgroup/memory.max') ?? readText('/sys/fs/cgroup/memory/memory.limit_in_bytes') ?? Number.NaN,
  )
  const limit = Number.isFinite(group) && group > 0 && group < total ? group : undefined
  const details = { totalBytes: total, limitBytes: limit ?? null }
  const found =
    limit === undefined ? formatBytes(total) : `${formatBytes(limit)} by the control group, of ${formatBytes(total)}`
  if ((limit ?? total) >= minMemoryBytes) return { id: 'memory', status: 'ok', found, details }
  const advice = 'Too little for a pool: lower threads, maxQueueBytes and the limits of the contract.'
  return { id: 'memory', status: 'warn', found, advice, details }
}

const minDescriptors = 1024

/** `soft` is the soft limit of open files; undefined where the system does not report it. */
export function checkDescriptors(soft: number | 'unlimited' | undefined): Check {
  const details = { openFiles: soft ?? null }
  if (soft === undefined) return { id: 'descriptors', status: 'ok', found: 'not reported by this system', details }
  const found = `${soft} open files`
  if (soft === 'unlimited' || soft >= minDescriptors) return { id: 'descriptors', status: 'ok', found, details }
  const advice = `Raise it (ulimit -n ${minDescriptors}): Node holds about 20 descriptors, and 4 more for each worker.`
  return { id: 'descriptors', status: 'warn', found, advice, details }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
