// The checks of `sidelane doctor` for the machine: Node, Unicode, processor, cores, memory, file descriptors.

import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { resolveHostOptions } from '../../model/index.ts'
import { formatBytes } from '../format-units.ts'
import { failUnless, ok, warnUnless, type Check } from './check.ts'

/** `range` is engines.node of package.json: `^20.19.0 || >=24`. */
export function checkNode(version: string, range: string): Check {
  const details = { version, supported: range }
  const isSupported = inRange(version, range)
  const found = `${version} ${isSupported ? `(supported: ${range})` : `is outside of ${range}`}`
  return warnUnless(isSupported, 'node', found, details, 'This version is not tested; install a supported one.')
}

const { compare } = new Intl.Collator('en', { numeric: true })

/** Supports the ranges `^a.b.c` and `>=a.b.c`, joined by `||`. */
const inRange = (version: string, range: string): boolean =>
  range.split('||').some((part) => {
    const [least = '', major] = /(\d+)[\d.]*/.exec(part) ?? []
    return compare(version, least) >= 0 && (part.includes('>=') || version.split('.', 1)[0] === major)
  })

const pinnedUnicode = 15

export function checkUnicode(runtime: string | undefined): Check {
  const details = { runtime: runtime ?? null, pinned: `${pinnedUnicode}.0` }
  const found = `runtime ${runtime ?? 'without ICU'}, contracts pin ${pinnedUnicode}.0`
  const advice = 'The js engine normalizes differently here; use a Node with full ICU.'
  return failUnless(Number.parseFloat(runtime ?? '') >= pinnedUnicode, 'unicode', found, details, advice)
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
  if (!slow) return ok('cpu', found, details)
  const advice = 'Digests take about twice as long without them.'
  return { id: 'cpu', status: 'ok', found: `${found}; no SHA instructions`, advice, details }
}

export function checkCores(): Check {
  const cores = availableParallelism()
  const { threads } = resolveHostOptions({ placement: 'pool' }, cores)
  const quota = cpuQuota()
  const details = { cores, defaultThreads: threads, quota: quota ?? null }
  const found = `${cores}${quota === undefined ? '' : `, quota ${quota.toFixed(1)}`}; pool of ${threads} by default`
  if (quota !== undefined && quota < Math.min(cores, threads)) {
    const advice = `The container may use only ${quota.toFixed(1)} of them: set threads to ${Math.max(1, Math.floor(quota) - 1)}.`
    return warnUnless(false, 'cores', found, details, advice)
  }
  const advice = 'Workers share the only core with the event loop: placement "inline" is likely faster.'
  return warnUnless(cores > 1, 'cores', found, details, advice)
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
  const granted = process.constrainedMemory()
  const limit = granted > 0 && granted < total ? granted : undefined
  const details = { totalBytes: total, limitBytes: limit ?? null }
  const found =
    limit === undefined ? formatBytes(total) : `${formatBytes(limit)} by the control group, of ${formatBytes(total)}`
  const advice = 'Too little for a pool: lower threads, maxQueueBytes and the limits of the contract.'
  return warnUnless((limit ?? total) >= minMemoryBytes, 'memory', found, details, advice)
}

const minDescriptors = 1024

/** `soft` is the soft limit of open files; undefined where the system does not report it. */
export function checkDescriptors(soft: number | 'unlimited' | undefined): Check {
  const details = { openFiles: soft ?? null }
  if (soft === undefined) return ok('descriptors', 'not reported by this system', details)
  const isEnough = soft === 'unlimited' || soft >= minDescriptors
  const advice = `Raise it (ulimit -n ${minDescriptors}): Node holds about 20 descriptors, and 4 more for each worker.`
  return warnUnless(isEnough, 'descriptors', `${soft} open files`, details, advice)
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
