// What a test needs beyond a plain clone: the native engine, the outside suites. A test without it is skipped with its
// reason; where SIDELANE_REQUIRE_NATIVE=1 is set, a missing native engine fails instead.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import type { Engine } from '../../src/engine/engine.ts'
import { createEngine } from '../../src/engine/index.ts'

export type EngineKind = 'js' | 'native'
export const engineKinds: readonly EngineKind[] = ['js', 'native']

const loaded = new Map<EngineKind, Engine | Error>()

/** The engine, or a skip of the running test with the reason why it is not here. */
export function needEngine(kind: EngineKind, context: TestContext): Engine {
  let engine = loaded.get(kind)
  if (!engine) {
    try {
      engine = createEngine(kind)
    } catch (error) {
      engine = error as Error
    }
    loaded.set(kind, engine)
  }
  if (!(engine instanceof Error)) return engine
  if (process.env['SIDELANE_REQUIRE_NATIVE'] === '1') throw engine
  return context.skip('the native engine is not built (npm run build:native)')
}

/** The folder of one outside suite, or a skip of the running test. */
export function needSuite(name: string, context: TestContext): string {
  const root = process.env['SIDELANE_SUITES']
  if (root === undefined) return context.skip('SIDELANE_SUITES is not set: outside suites')
  const folder = join(root, name)
  if (!existsSync(folder)) throw new Error(`SIDELANE_SUITES has no folder ${name}`)
  return folder
}
