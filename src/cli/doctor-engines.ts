// The checks of `sidelane doctor` for the engines: which one is used and why, its file, and the codecs of each.

import { SidelaneError, type Codec, type Contract, type EngineReport } from '../model/index.ts'
import { parseLock } from '../contract/index.ts'
import { createEngine, type Engine } from '../engine/index.ts'
import type { Check } from './doctor-check.ts'

export interface Engines {
  readonly js: Engine
  readonly native: Engine | undefined
  /** The report of `engine: 'auto'`. */
  readonly report: EngineReport
}

export function loadEngines(): Engines {
  const auto = createEngine('auto')
  return {
    js: createEngine('js'),
    native: auto.report.kind === 'native' ? auto : undefined,
    report: auto.report,
  }
}

/** `objects` are the shared libraries loaded by this process. */
export function checkEngine({ report }: Engines, objects: readonly string[]): Check {
  const { kind, reason, tried } = report
  if (kind === 'native') {
    const given = process.env['SIDELANE_NATIVE_PATH']
    const file = objects.find((path) => path === given || /[\\/]sidelane\.[^\\/]+\.node$/.test(path)) ?? given
    return {
      id: 'engine',
      status: 'ok',
      found: `native${file === undefined ? '' : `, ${file}`}`,
      details: { kind, file },
    }
  }
  return {
    id: 'engine',
    status: 'warn',
    found: `js. ${reason}`,
    advice:
      'The js engine is correct but slower: install the addon for this platform, or build it (npm run build:native).',
    details: { kind, tried },
  }
}

const codecs: readonly Codec[] = ['gzip', 'deflate', 'deflate-raw', 'brotli', 'zstd', 'none']

export function checkCodecs({ js, native }: Engines): Check[] {
  return [...(native === undefined ? [] : [codecsOf('native', native)]), codecsOf('js', js)]
}

function codecsOf(kind: string, engine: Engine): Check {
  const available = codecs.filter((codec) => codecFault(engine, lockFor({ codec })) === undefined)
  const missing = codecs.filter((codec) => !available.includes(codec))
  const found = missing.length === 0 ? available.join(' ') : `${available.join(' ')}; not ${missing.join(' ')}`
  return {
    id: `codecs.${kind}`,
    status: available.length === 0 ? 'fail' : 'ok',
    found,
    details: { available, missing },
  }
}

/** Compiles the contract on each engine. A lock that no engine accepts has already failed to load. */
export function checkContract(engines: Engines, contract: Contract, digestKey: Uint8Array | undefined): Check {
  const { name, id, profile } = contract
  const faults = (['native', 'js'] as const).flatMap((kind) => {
    const engine = engines[kind]
    const fault = engine && codecFault(engine, contract, digestKey)
    return fault === undefined ? [] : [`${kind}: ${fault.code}: ${fault.message}`]
  })
  const details = { name, id, codec: profile.compress.codec, faults }
  const found = `${name}, ${profile.compress.codec}, ${profile.digest}, id ${id.slice(0, 12)}…`
  if (faults.length === 0) return { id: 'contract', status: 'ok', found, details }
  const usable = engines.native === undefined ? 1 : 2
  return {
    id: 'contract',
    status: faults.length < usable ? 'warn' : 'fail',
    found: `${found}; ${faults.join('; ')}`,
    advice: 'Choose a codec that the engine supports, or pass the key with --digest-key-file.',
    details,
  }
}

function codecFault(engine: Engine, contract: Contract, digestKey?: Uint8Array): SidelaneError | undefined {
  try {
    engine.compile(contract, digestKey === undefined ? {} : { digestKey }).dispose()
    return undefined
  } catch (error) {
    if (error instanceof SidelaneError) return error
    throw error
  }
}

const lockFor = (compress: { readonly codec: Codec }): Contract =>
  parseLock(JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'doctor', schema: {}, compress }))
