// Answer streams of real daemons, mutated: each call settles. Mutations anywhere may
// result in an outcome that differs in what a client cannot check (the digest, a pointer), but it has the shape of an outcome.
// Mutations of fields that a client can check never result in a wrong outcome.
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createProcessor, type Outcome } from '../../src/index.ts'
import { dataErrors } from '../../src/tables/errors.ts'
import { seeded, type Random } from '../../bench/payloads/random.ts'
import { daemonKinds, needDaemon, socketFolder, startDaemon } from '../support/daemon.ts'
import { comparable } from '../support/locks.ts'
import { seed } from '../support/seed.ts'
import { works } from '../placements/sidecar-kit.ts'
import { until } from '../support/until.ts'
import { contract } from './daemon-violations.ts'
import { mutateAnywhere, mutateFields, MutatingProxy, type Mutate } from './mutations.ts'

console.log(`seed ${seed} (SIDELANE_SEED=${seed} runs the same mutations again)`)
const rounds = process.env['SIDELANE_LONG'] === '1' ? 400 : 25

const file = socketFolder()
const lock = file('order.lock.json', contract.lock)

const long = `{"a":1,"c":"${'z'.repeat(100_000)}"}`
const payloads = ['{"a":1}', '{"a":22,"b":"x"}', '{"a":"x","b":"z"}', '{"a"', '{"a":1,"a":2}', '{"b":"y"}', long]
const allowed = new Set(['unavailable', 'deadline.exceeded'])

/** A call of a round. */
interface Call {
  readonly payload: string
  readonly canonical: boolean
}

const codes: readonly string[] = Object.keys(dataErrors)

/** Whether it is an outcome at all. */
function expectShape(outcome: Outcome, payload: string): void {
  if (outcome.ok) {
    expect(outcome).toMatchObject({ codec: 'gzip', inBytes: payload.length, outBytes: outcome.body.length })
    expect(outcome.digest).toMatch(/^[0-9a-f]{64}$/)
    expect(outcome.canonicalBytes).toBeLessThanOrEqual(contract.lock.limits.maxBytes)
    return
  }
  expect(codes).toContain(outcome.code)
  expect(outcome.issues.length).toBeLessThanOrEqual(32)
  for (const issue of outcome.issues) {
    expect(issue.code).toBe(outcome.code)
    expect(issue.pointer).toMatch(/^(?:\/|$)/)
  }
}

const within = async <T>(promise: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('a call did not settle')), 60_000)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

describe.each(daemonKinds)('%s', (kind) => {
  const ways: readonly (readonly [name: string, mutation: (random: Random) => Mutate, isStrict: boolean])[] = [
    ['anywhere', mutateAnywhere, false],
    ['fields', mutateFields, true],
  ]
  test.for(ways)('%s', { timeout: 600_000 }, async ([name, mutation, isStrict], context) => {
    needDaemon(kind, context)
    const upstream = file(`${kind}-${name}.sock`)
    const daemon = await startDaemon({ kind, args: ['--socket', upstream, '--contract', lock] })
    const proxy = new MutatingProxy(join(upstream, `../p-${kind}-${name}.sock`), upstream)
    await proxy.listen()
    const processor = await createProcessor(contract, { placement: 'sidecar', socket: proxy.path, deadlineMs: 300 })
    onTestFinished(async () => {
      await processor.destroy()
      await proxy.close()
    })
    await using inline = await createProcessor(contract)
    const random = seeded(seed)
    let [right, refused] = [0, 0]
    for (let round = 0; round < rounds; round++) {
      // The first frames of some rounds come through as they are.
      let untouched = random.int(0, 3)
      const mutate = mutation(random)
      proxy.mutate = (bytes) => (untouched-- > 0 ? bytes : mutate(bytes))
      const calls = Array.from({ length: random.int(1, 12) }, (): Call => {
        return { payload: random.pick(payloads), canonical: random.chance(0.3) }
      })
      const results = await within(
        Promise.allSettled(
          calls.map(({ payload, canonical }) =>
            canonical ? processor.process(payload, { canonical: true }) : processor.process(payload),
          ),
        ),
      )
      for (const [i, result] of results.entries()) {
        const { payload, canonical } = calls[i] as Call
        if (result.status === 'rejected') {
          expect(allowed, String(result.reason)).toContain(result.reason.code)
          refused++
          continue
        }
        expectShape(result.value, payload)
        if (isStrict) {
          const wanted = canonical ? await inline.process(payload, { canonical: true }) : await inline.process(payload)
          expect(comparable(result.value)).toEqual(comparable(wanted))
        }
        right++
      }
      proxy.mutate = undefined
      await until(() => works(processor, '{"a":1}'))
    }
    expect(processor.stats()).toMatchObject({ inFlight: 0, queued: 0 })
    expect(right).toBeGreaterThan(0)
    expect(refused).toBeGreaterThan(0)
    expect(await daemon.stop()).toBe(0)
  })
})
