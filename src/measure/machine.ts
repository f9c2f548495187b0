// Describes the machine in the header, with everything that can change a ratio.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg, release, totalmem, type as osType } from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  /** CPU features for hashing and compression; empty where the system does not report them. */
  readonly cpuFeatures: readonly string[]
  readonly memoryGib: number
  readonly os: string
  readonly node: string
  readonly v8: string
  readonly zlib: string
  /** Load of the last minute at the start of the run. On a busy machine, absolute values have no meaning. */
  readonly load: number
  /** Versions of the peers. */
  readonly packages: Readonly<Record<string, string>>
}

const telling = ['sha_ni', 'avx2', 'bmi2', 'avx512f', 'vpclmulqdq', 'sha2', 'asimd', 'crc32']

/** `packages`: the peers whose versions count. */
export function describeMachine(packages: readonly string[]): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    cpuFeatures: cpuFeatures(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    os: `${osType()} ${release()} ${process.arch}`,
    node: process.version,
    v8: process.versions.v8,
    zlib: process.versions.zlib,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    packages: Object.fromEntries(packages.map((name) => [name, version(name)])),
  }
}

function cpuFeatures(): string[] {
  try {
    const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' ') ?? []
    return telling.filter((feature) => flags.includes(feature))
  } catch {
    return []
  }
}

const require = createRequire(import.meta.url)

// Not every package exports its package.json: read it from the folders in which Node looks for packages.
function version(name: string): string {
  try {
    const paths = require.resolve.paths(name) ?? []
    for (const folder of paths) {
      try {
        return (JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')) as { version: string }).version
      } catch {
        // Not in this folder: try the next one.
      }
    }
    return 'unknown'
  } catch {
    return 'unknown'
  }
}
