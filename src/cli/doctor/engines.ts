// The checks of `sidelane doctor` for the engines: which one is used and why, its file, and the codecs of each.

import { SidelaneError, type Contract, type LoadedEngineReport } from '../../model/index.ts'
import { parseLock } from '../../contract/index.ts'
import { createEngine, type Engine } from '../../engine/index.ts'
import { faultsOf, type SidelanedSearch } from '../../util/find-sidelaned.ts'
import { failUnless, ok, warnUnless, type Check } from './check.ts'
import { codecs } from '../options.ts'

export interface Engines {
  readonly js: Engine
  readonly native: Engine | undefined
  /** The report of `engine: 'auto'`. */
  readonly report: LoadedEngineReport
}

export function loadEngines(): Engines {
  const auto = createEngine('auto')
  const native = auto.report.kind === 'native' ? auto : undefined
  return { js: createEngine('js'), native, report: auto.report }
}

/** `objects` are the shared libraries loaded by this process. */
export function checkEngine({ report }: Engines, objects: readonly string[]): Check {
  const { kind, reason, tried } = report
  if (kind === 'native') {
    const given = process.env['SIDELANE_NATIVE_PATH']
    const file = objects.find((path) => path === given || /[\\/]sidelane\.[^\\/]+\.node$/.test(path)) ?? given
    return ok('engine', `native${file === undefined ? '' : `, ${file}`}`, { kind, file })
  }
  const advice = 'The js engine is correct but slower. In a clone, npm run build:native builds the native one.'
  return warnUnless(false, 'engine', `js. ${reason}`, { kind, tried }, advice)
}

/** The Rust daemon. It belongs to the same package as the addon, and may be damaged or lose its mode alone. */
export function checkSidelaned(search: SidelanedSearch): Check {
  const { path, tried } = search
  if (path !== undefined) return ok('sidelaned', path, { path })
  const found = `not used. ${faultsOf(search)}`
  return warnUnless(false, 'sidelaned', found, { tried }, 'serve and launch start the Node daemon instead.')
}

export function checkCodecs({ js, native }: Engines): Check[] {
  return [...(native === undefined ? [] : [codecsOf('native', native)]), codecsOf('js', js)]
}

function codecsOf(kind: string, engine: Engine): Check {
  const contractWith = (codec: string): Contract =>
    parseLock(JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'doctor', schema: {}, compress: { codec } }))
  const available = codecs.filter((codec) => codecFault(engine, contractWith(codec)) === undefined)
  const missing = codecs.filter((codec) => !available.includes(codec))
  const found = missing.length === 0 ? available.join(' ') : `${available.join(' ')}; not ${missing.join(' ')}`
  return ok(`codecs.${kind}`, found, { available, missing })
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
  const found = [`${name}, ${profile.compress.codec}, ${profile.digest}, id ${id.slice(0, 12)}…`, ...faults].join('; ')
  const check = faults.length < (engines.native === undefined ? 1 : 2) ? warnUnless : failUnless
  const advice = 'Choose a codec that the engine supports, or pass the key with --digest-key-file.'
  return check(faults.length === 0, 'contract', found, details, advice)
}

function codecFault(engine: Engine, contract: Contract, digestKey?: Uint8Array): SidelaneError | undefined {
  try {
    engine.compile(contract, { digestKey }).dispose()
    return undefined
  } catch (error) {
    if (error instanceof SidelaneError) return error
    throw error
  }
}
