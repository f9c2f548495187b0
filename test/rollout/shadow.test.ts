// Shadow runs (F33): slow, throwing and differing ones change nothing for the caller; mismatches are counted and reported
// without a byte of the payload.
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  createProcessor,
  SidelaneError,
  type AppFunction,
  type Mismatch,
  type MismatchSample,
  type Processor,
} from '../../src/index.ts'
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
    const { rollout } = await open({ candidate, shadow: { percent: 100, deadlineMs: 50, maxInFlight: 1000 } })
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

test('bytes that the caller changes after its answer are not what the shadow gets', async () => {
  const { rollout } = await open({ shadow: 100 })
  const bytes = Buffer.from(payloadOf('kept'))
  const outcome = await rollout.process(bytes)
  bytes.fill(32)
  if (outcome.ok) outcome.body.fill(0)
  await until('it is compared', () => shadowOf(rollout)['matched'] === 1)
})

test('its bounds hold: what does not fit is dropped and counted', async () => {
  const candidate: AppFunction = async (payload, call) => {
    await sleep(30)
    return oldCode(payload, call)
  }
  const { rollout } = await open({ candidate, shadow: { percent: 100, maxInFlight: 4, maxBytes: 1000 } })
  await Promise.all(Array.from({ length: 50 }, (_, i) => rollout.process(payloadOf(i))))
  expect(shadowOf(rollout)).toMatchObject({ inFlight: 4, dropped: 46 })
  await until('the shadows have ended', () => shadowOf(rollout)['inFlight'] === 0)
  await rollout.process(payloadOf('x'.repeat(2000)))
  expect(shadowOf(rollout)).toMatchObject({ matched: 4, dropped: 47 })
})

test('it is dropped while calls are refused', async () => {
  let isFull = true
  const baseline: AppFunction = (payload, call) => {
    if (isFull) throw new SidelaneError('overloaded')
    return oldCode(payload, call)
  }
  const { rollout } = await open({ baseline, shadow: 100 })
  await expect(rollout.process(payloadOf(1))).rejects.toMatchObject({ code: 'overloaded' })
  isFull = false
  await rollout.process(payloadOf(2))
  expect(shadowOf(rollout)).toMatchObject({ skipped: 1, dropped: 1, inFlight: 0 })
  await until('it runs again', async () => {
    await rollout.process(payloadOf(3))
    return shadowOf(rollout)['matched'] === 1
  })
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
  expect(warned[0]?.message).toBe('An observer of a rollout threw: Error')
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
