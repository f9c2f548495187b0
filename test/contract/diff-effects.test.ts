// The effects that compareContracts() reports against what both contracts make of payloads: every difference that a
// payload shows is among them.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareContracts, parseLock } from '../../src/contract/index.ts'
import { createEngine } from '../../src/engine/index.ts'
import { SidelaneError, type Contract } from '../../src/model/index.ts'
import { runs, seed } from '../support/seed.ts'
import { changed, Choice, payloadsOf, randomNode, type Node } from './random-locks.ts'

const js = createEngine('js')
const payloadsPerPair = 40

interface Schema {
  readonly root: Node
  /** `#/$defs/shared`. */
  readonly shared: Node
}

/** undefined: the random schema is outside the profile. */
function contractOf({ root, shared }: Schema): Contract | undefined {
  const $defs = { shared, root }
  const schema = { $ref: '#/$defs/root', $defs }
  const lock = { profile: 'p1', unicode: '15.0', name: 'any', digest: 'none', compress: { codec: 'none' }, schema }
  try {
    return parseLock(JSON.stringify(lock))
  } catch (error) {
    if (error instanceof SidelaneError) return undefined
    throw error
  }
}

/** The canonical text of what the contract makes of a payload; undefined where it rejects. */
function documents(contract: Contract): (payload: unknown) => string | undefined {
  const compiled = js.compile(contract)
  return (payload) => {
    const outcome = compiled.process(Buffer.from(JSON.stringify(payload)), false)
    return outcome.ok ? Buffer.from(outcome.body).toString() : undefined
  }
}

function effectOf(old: string | undefined, next: string | undefined): string | undefined {
  if (old === next) return undefined
  return next === undefined ? 'old-rejected' : old === undefined ? 'new-accepted' : 'digests'
}

const schemaOf = (root: Choice, depth: number): Schema => ({
  root: randomNode(root, depth),
  shared: { ...randomNode(root, 1), $comment: 'shared' },
})

/** What payloads showed, by effect. */
type Seen = Map<string, number>

function compareEffects(old: Schema, next: Schema, payloadSeed: number, seen: Seen): void {
  const [a, b] = [contractOf(old), contractOf(next)]
  if (a === undefined || b === undefined || a.id === b.id) return
  const changes = compareContracts(a, b)
  const reported = new Set<string>(changes.flatMap(({ affects }) => affects))
  const [before, after] = [documents(a), documents(b)]
  const payloads = fc.sample(fc.oneof(payloadsOf(old.root, old.shared), payloadsOf(next.root, next.shared)), {
    seed: payloadSeed,
    numRuns: payloadsPerPair,
  })
  for (const payload of payloads) {
    const effect = effectOf(before(payload), after(payload))
    if (effect === undefined) continue
    seen.set(effect, (seen.get(effect) ?? 0) + 1)
    const where = `${JSON.stringify(old)}\n${JSON.stringify(next)}\n${JSON.stringify(payload)}: ${before(payload)}, then ${after(payload)}`
    expect([...reported], `${where}\n${changes.map(({ text }) => text).join('\n')}`).toContain(effect)
  }
}

test(`every effect that a payload shows is reported (SIDELANE_SEED=${seed})`, { timeout: 3_600_000 }, () => {
  const seen: Seen = new Map()
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 3 }), fc.boolean(), (schemaSeed, depth, isShared) => {
      const choice = new Choice(schemaSeed)
      const old = schemaOf(choice, depth)
      const next = isShared
        ? { root: old.root, shared: changed(old.shared, choice) }
        : { root: changed(old.root, choice), shared: old.shared }
      compareEffects(old, next, schemaSeed, seen)
    }),
    { seed, numRuns: runs(800, 300) },
  )
  for (const effect of ['old-rejected', 'new-accepted', 'digests']) expect(seen.get(effect), effect).toBeGreaterThan(10)
})
