// Shadow runs (F33): slow, throwing and differing ones change nothing for the caller; mismatches are counted and reported
// without a byte of the payload.
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import {
  createProcessor,
  SidelaneError,
  type AppFunction,
  type Mismatch,
  type MismatchSample,
  type Processor,
} from '../../src/index.ts'
import { logCalls } from '../../src/metrics/index.ts'
import { fakeDaemon } from '../placements/fake-daemon.ts'
import { contractOf } from '../support/locks.ts'
import { inline, oldCode, open, order, payloadOf, until } from './rollout-kit.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const shadowOf = (rollout: Processor): Record<string, number> => ({ ...rollout.stats().rollout?.shadow })

test('F33: the caller gets the same answer, as fast, whatever the shadow does', async () => {
  const moods: Record<string, AppFunction> = {
    slow: () => new Promise(() => {}),
    throwing: () => {
      throw new Error('no')
    },
    rejecting: () => Promise.reject(new Error('no')),
    differing: () => ({ ok: true, body: gzipSync('{}') }),
  }
  for (const [mood, candidate] of Object.entries(moods)) {
    const { rollout } = await open({
      candidate,
      shadow: { percent: 100, deadlineMs: mood === 'slow' ? 50 : 20_000, maxInFlight: 1000 },
    })
    for (let i = 0; i < 50; i++) {
      const outcome = await rollout.process(payloadOf(i))
      expect(outcome).toMatchObject({ ok: true, codec: 'gzip' })
      expect(outcome.via.side).toBe('baseline')
    }
    await until('the shadows have ended', () => shadowOf(rollout)['inFlight'] === 0)
    const { matched, mismatched, failed, bytes } = shadowOf(rollout)
    expect([mood, matched, mismatched, failed, bytes]).toEqual(
      mood === 'differing' ? [mood, 0, 50, 0, 0] : [mood, 0, 0, 50, 0],
    )
    expect(rollout.stats()).toMatchObject({ calls: 50, accepted: 50 })
  }
})

test('after a stop with an open breaker the shadow runs again when the open time is over', async () => {
  let isBroken = true
  const candidate: AppFunction = (payload, call) => {
    if (isBroken) throw new Error('down')
    return oldCode(payload, call)
  }
  const breaker = { minCalls: 1, openMs: 20, maxOpenMs: 20 }
  const { rollout } = await open({ candidate, percent: 100, fallback: 'baseline', shadow: 100, breaker })
  await rollout.process(payloadOf(0))
  expect(rollout.stats().breaker?.state).toBe('open')
  await rollout.stop()
  isBroken = false
  await sleep(40)
  await rollout.process(payloadOf(1))
  await until('it is compared', () => shadowOf(rollout)['matched'] === 1)
})

test('old code and an engine agree by the document, not by its bytes', async () => {
  const spaced: AppFunction = (payload) => ({
    ok: true,
    // Another order of keys, other white space, another codec.
    body: Buffer.from(
      JSON.stringify({ total: 1, id: (JSON.parse(String(payload)) as { id: string }).id }, undefined, 2),
    ),
    codec: 'none',
  })
  const { rollout } = await open({ baseline: spaced, shadow: 100 })
  for (let i = 0; i < 10; i++) await rollout.process(payloadOf(i))
  await until('all are compared', () => shadowOf(rollout)['matched'] === 10)
  expect(shadowOf(rollout)['mismatched']).toBe(0)
})

test('a mismatch is reported with digests, codes and keywords, and never with the payload', async () => {
  const mismatches: Mismatch[] = []
  const samples: MismatchSample[] = []
  const strict = await createProcessor(
    contractOf(
      { type: 'object', properties: { id: { type: 'string', maxLength: 3 } }, required: ['id'] },
      { name: 'order' },
    ),
  )
  const candidate: AppFunction = async (payload) => {
    const outcome = await strict.process(payload)
    return outcome.ok ? { ...outcome, codec: outcome.codec } : { ok: false, issues: outcome.issues }
  }
  const { rollout, events, lines } = await open({
    candidate,
    shadow: {
      percent: 100,
      onMismatch: (mismatch, sample) => {
        mismatches.push(mismatch)
        samples.push(sample())
      },
    },
  })
  await rollout.process('{"id":"SECRET-MARKER"}')
  await until('it is compared', () => mismatches.length === 1)
  expect(mismatches[0]).toEqual({
    contract: 'order',
    contractId: order.id,
    kind: 'verdict',
    baseline: { ok: true, digest: null, codes: [], keywords: [] },
    candidate: { ok: false, digest: null, codes: ['validate.failed'], keywords: ['maxLength'] },
  })
  // Both accept, but one of them rounds.
  const rounded: AppFunction = () => ({ ok: true, body: gzipSync('{"id":"a","SECRET-KEY":1}') })
  const differing = await open({
    candidate: rounded,
    shadow: { percent: 100, onMismatch: (one) => void mismatches.push(one) },
  })
  await differing.rollout.process('{"id":"a","SECRET-KEY":1.5}')
  await until('it is compared', () => mismatches.length === 2)
  expect(mismatches[1]).toMatchObject({
    kind: 'document',
    baseline: { ok: true, digest: sha256('{"SECRET-KEY":1.5,"id":"a"}') },
    candidate: { ok: true, digest: sha256('{"SECRET-KEY":1,"id":"a"}') },
  })
  expect(JSON.stringify([differing.events, differing.lines])).not.toContain('SECRET')
  expect(JSON.stringify([events, lines])).not.toContain('SECRET')
  expect(samples[0]?.payload).toBe('{"id":"SECRET-MARKER"}')
  await strict.close()
})

test('two processors compare by digest and by the list of issues', async () => {
  const { rollout } = await open({
    baseline: await inline(),
    candidate: await inline(),
    percent: 50,
    shadow: { percent: 100, maxInFlight: 100 },
  })
  for (let i = 0; i < 10; i++) {
    await rollout.process(payloadOf(i))
    await rollout.process(`{"id":${i},"more":[]}`)
  }
  await until('all are compared', () => shadowOf(rollout)['matched'] === 20)
})

test('rejections of a function compare by what both sides say in the same terms', async () => {
  const payload = '{"id":1,"total":"x"}'
  const engine = await (await inline()).process(payload)
  if (engine.ok) throw new Error('it is invalid')
  const issues = engine.issues.map(({ code, pointer }) => ({ code, pointer }))
  const zod = { path: ['id'], code: 'invalid_type', message: 'no' }
  const rejecting =
    (outcome: { code?: string; issues?: readonly object[] }): AppFunction =>
    () => ({ ok: false, ...outcome })
  const rows: [what: string, baseline: AppFunction | undefined, candidate: AppFunction, differs: boolean][] = [
    ['the same issues, in another order', undefined, rejecting({ issues: issues.toReversed() }), false],
    ['the code alone', undefined, rejecting({ code: 'validate.failed' }), false],
    ['issues of zod beside the code', undefined, rejecting({ code: 'validate.failed', issues: [zod] }), false],
    ['issues of zod', undefined, rejecting({ issues: [zod] }), false],
    ['nothing', undefined, rejecting({}), false],
    ['one issue less', undefined, rejecting({ issues: issues.slice(1) }), true],
    [
      'another pointer',
      undefined,
      rejecting({ issues: [...issues.slice(1), { code: 'validate.failed', pointer: '/x' }] }),
      true,
    ],
    ['another code', undefined, rejecting({ code: 'parse.syntax' }), true],
    ['two functions', rejecting({ issues: [zod] }), rejecting({ issues: [{ ...zod, message: 'nein' }] }), false],
    [
      'two functions, another pointer',
      rejecting({ issues: [zod] }),
      rejecting({ issues: [{ ...zod, path: ['x'] }] }),
      true,
    ],
    [
      'two functions, another check',
      rejecting({ issues: [zod] }),
      rejecting({ issues: [{ ...zod, code: 'custom' }] }),
      true,
    ],
  ]
  expect(issues.length).toBe(2)
  for (const [what, baseline, candidate, differs] of rows) {
    const { rollout, events } = await open({ baseline: baseline ?? (await inline()), candidate, shadow: 100 })
    expect(await rollout.process(payload)).toMatchObject({ ok: false })
    await until('it is compared', () => shadowOf(rollout)['inFlight'] === 0)
    const counts = shadowOf(rollout)
    expect([what, counts['matched'], counts['mismatched']]).toEqual([what, differs ? 0 : 1, differs ? 1 : 0])
    if (differs) expect(events.at(-1)).toMatchObject({ type: 'mismatch', mismatch: { kind: 'issues' } })
  }
})

test('bytes that the caller changes after its answer are not what the shadow gets', async () => {
  const { rollout } = await open({ shadow: 100 })
  const bytes = Buffer.from(payloadOf('kept'))
  const outcome = await rollout.process(bytes)
  bytes.fill(32)
  if (outcome.ok) outcome.body.fill(0)
  await until('it is compared', () => shadowOf(rollout)['matched'] === 1)
})

test('a value that the caller changes after its answer is not what the shadow gets, and its bytes count', async () => {
  const { rollout } = await open({ shadow: { percent: 100, maxBytes: 1000 } })
  const value = { id: 'kept', total: 1 }
  await rollout.process(value)
  value.total = 2
  await until('it is compared', () => shadowOf(rollout)['matched'] === 1)
  await rollout.process({ id: 'x'.repeat(2000) })
  expect(shadowOf(rollout)).toMatchObject({ matched: 1, dropped: 1, inFlight: 0, bytes: 0 })
})

test('its bounds hold: what does not fit is dropped and counted', async () => {
  let end = (): void => {}
  const answered = new Promise<void>((resolve) => (end = resolve))
  const candidate: AppFunction = async (payload, call) => {
    await answered
    return oldCode(payload, call)
  }
  const shadow = { percent: 100, maxInFlight: 4, maxBytes: 1000, deadlineMs: 20_000 }
  const { rollout } = await open({ candidate, shadow })
  await Promise.all(Array.from({ length: 50 }, (_, i) => rollout.process(payloadOf(i))))
  expect(shadowOf(rollout)).toMatchObject({ inFlight: 4, dropped: 46 })
  end()
  await until('the shadows have ended', () => shadowOf(rollout)['inFlight'] === 0)
  await rollout.process(payloadOf('x'.repeat(2000)))
  expect(shadowOf(rollout)).toMatchObject({ matched: 4, dropped: 47 })
})

/** The old code, which refuses while it is full. */
function bounded(isFull: boolean) {
  const state = { isFull }
  const baseline: AppFunction = (payload, call) => {
    if (state.isFull) throw new SidelaneError('overloaded')
    return oldCode(payload, call)
  }
  return { state, baseline }
}

test('it is dropped while calls are refused', async () => {
  const { state, baseline } = bounded(true)
  const { rollout } = await open({ baseline, shadow: 100 })
  await expect(rollout.process(payloadOf(1))).rejects.toMatchObject({ code: 'overloaded' })
  state.isFull = false
  await rollout.process(payloadOf(2))
  expect(shadowOf(rollout)).toMatchObject({ skipped: 1, dropped: 1, inFlight: 0 })
  await until('it runs again', async () => {
    await rollout.process(payloadOf(3))
    return shadowOf(rollout)['matched'] === 1
  })
})

test('it is dropped after a refusal that a fallback hides', async () => {
  const candidate: AppFunction = () => {
    throw new SidelaneError('overloaded')
  }
  const { rollout } = await open({ candidate, percent: 100, fallback: { to: 'baseline', exercise: 0 }, shadow: 100 })
  expect((await rollout.process(payloadOf(1))).via.fallback).toBe('overloaded')
  expect(await rollout.process(payloadOf(2))).toMatchObject({ ok: true })
  expect(shadowOf(rollout)).toMatchObject({ skipped: 1, dropped: 1 })
})

test('it is dropped after a refusal of a call that is no sample', async () => {
  const { state, baseline } = bounded(false)
  const samples = [1, 0, 0]
  vi.spyOn(Math, 'random').mockImplementation(() => samples.shift() ?? 0)
  onTestFinished(() => void vi.restoreAllMocks())
  const { rollout } = await open({ baseline, shadow: 50 })
  state.isFull = true
  await expect(rollout.process(payloadOf(1))).rejects.toMatchObject({ code: 'overloaded' })
  state.isFull = false
  await rollout.process(payloadOf(2))
  expect(shadowOf(rollout)).toMatchObject({ skipped: 0, dropped: 1, inFlight: 0 })
})

test('it is dropped after a refusal of a shadow run', async () => {
  const candidate: AppFunction = () => {
    throw new SidelaneError('overloaded')
  }
  const { rollout } = await open({ candidate, shadow: 100 })
  await rollout.process(payloadOf(1))
  await until('it has run', () => shadowOf(rollout)['dropped'] === 1)
  await rollout.process(payloadOf(2))
  expect(shadowOf(rollout)).toMatchObject({ dropped: 2, inFlight: 0 })
})

test('observers that throw change nothing', async () => {
  const warned: Error[] = []
  const listener = (warning: Error): void => void warned.push(warning)
  process.on('warning', listener)
  const fail = (): never => {
    throw new Error('secret')
  }
  const { rollout } = await open({
    candidate: () => ({ ok: true, body: gzipSync('{}') }),
    shadow: { percent: 100, onMismatch: fail },
    onEvent: fail,
    log: fail,
  })
  expect(await rollout.process(payloadOf(1))).toMatchObject({ ok: true })
  await until('it is compared', () => shadowOf(rollout)['mismatched'] === 1)
  await rollout.set(100)
  expect(await rollout.process(payloadOf(1))).toMatchObject({ ok: true })
  await until('it is told', () => warned.length > 0)
  process.off('warning', listener)
  expect(warned[0]?.message).toBe('onEvent, log, write or onMismatch threw: Error')
})

test('observers and keys that are async, and reject, end nothing', async () => {
  const warned: Error[] = []
  const listener = (warning: Error): void => void warned.push(warning)
  process.on('warning', listener)
  const fail = (): never => Promise.reject(new TypeError('secret')) as never
  const { rollout, events } = await open({
    candidate: () => ({ ok: true, body: gzipSync('{}') }),
    percent: 50,
    key: fail,
    shadow: { percent: 100, onMismatch: fail },
    log: fail,
  })
  const stop = logCalls({ write: fail })
  expect(await rollout.process(payloadOf(1))).toMatchObject({ ok: true })
  await until('it is compared', () => shadowOf(rollout)['mismatched'] === 1)
  await until('all are told', () => warned.filter(({ message }) => message.endsWith(' TypeError')).length >= 4)
  stop()
  process.off('warning', listener)
  // The runner fails for a rejection that nobody handles.
  expect(rollout.stats().rollout?.keyFailures).toBe(1)
  expect(events.map(({ type }) => type)).toEqual(['key', 'mismatch'])
})

test('a run on a processor that ends with the rollout is counted once', async () => {
  const daemon = await fakeDaemon({ contracts: [{ contract: order }], request: () => true })
  onTestFinished(() => daemon.remove())
  const candidate = await createProcessor(order, { placement: 'sidecar', socket: daemon.path })
  const { rollout } = await open({ candidate, shadow: { percent: 100, maxInFlight: 100 } })
  for (let i = 0; i < 20; i++) await rollout.process(payloadOf(i))
  await until('they run', () => candidate.stats().inFlight === 20)
  await rollout.destroy()
  expect(shadowOf(rollout)).toMatchObject({ dropped: 20, inFlight: 0, bytes: 0 })
})

test('a run that has not begun when the rollout ends is counted', async () => {
  const { rollout } = await open({ candidate: await inline(), shadow: 100 })
  await rollout.process(payloadOf(0))
  await rollout.destroy()
  await until('it has ended', () => shadowOf(rollout)['inFlight'] === 0)
  const { matched = 0, mismatched = 0, failed = 0, dropped = 0, skipped = 0 } = shadowOf(rollout)
  expect(matched + mismatched + failed + dropped + skipped).toBe(1)
})

test('closing does not wait for shadows', async () => {
  const { rollout } = await open({
    candidate: () => new Promise(() => {}),
    shadow: { percent: 100, deadlineMs: 60_000 },
  })
  await rollout.process(payloadOf(1))
  await sleep(5)
  await rollout.close()
  expect(rollout.state).toBe('closed')
})
