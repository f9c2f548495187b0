// Skips tests that need the native engine or the outside suites. With SIDELANE_REQUIRE_NATIVE=1, a missing native engine is
// a failure.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import type { Engine } from '../../src/engine/engine.ts'
import { createEngine } from '../../src/engine/index.ts'

export type EngineKind = 'js' | 'native'
export const engineKinds: readonly EngineKind[] = ['js', 'native']

const loaded = new Map<EngineKind, Engine | Error>()

/** Returns the engine, or skips the running test. */
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

/** Returns the folder of an outside suite, or skips the running test. */
export function needSuite(name: string, context: TestContext): string {
  const root = process.env['SIDELANE_SUITES']
  if (root === undefined) return context.skip('SIDELANE_SUITES is not set: outside suites')
  const folder = join(root, name)
  if (!existsSync(folder)) throw new Error(`SIDELANE_SUITES has no folder ${name}`)
  return folder
}
