// The timeouts of a framed connection, with given times.
import { describe, expect, test } from 'vitest'
import { framedTexts } from '../../src/tables/daemon-texts.ts'
import { defaultLimits, FramedTimeouts, type ConnectionState } from '../../src/server/timeouts.ts'

const { frameTimeoutMs, idleTimeoutMs, writeTimeoutMs, lingerTimeoutMs, goawayGraceMs } = defaultLimits
const idle: ConnectionState = { isBusy: false, sentGoaway: false, written: undefined }
const busy: ConnectionState = { ...idle, isBusy: true }

function afterHello(): FramedTimeouts {
  const timeouts = new FramedTimeouts(defaultLimits, 0)
  timeouts.receivedHello = true
  timeouts.completedFrame = true
  timeouts.onRead(0, false)
  return timeouts
}

describe('the timeouts of a framed connection', () => {
  test('HELLO must arrive in time', () => {
    const timeouts = new FramedTimeouts(defaultLimits, 0)
    expect(timeouts.check(frameTimeoutMs, idle)).toBeUndefined()
    expect(timeouts.check(frameTimeoutMs + 1, idle)).toBe(framedTexts.handshakeTimeout)
  })

  test('a frame must be complete in time, counted from its first byte', () => {
    const timeouts = afterHello()
    timeouts.onRead(100, true)
    timeouts.onRead(100 + frameTimeoutMs, true)
    expect(timeouts.check(100 + frameTimeoutMs, idle)).toBeUndefined()
    expect(timeouts.check(101 + frameTimeoutMs, idle)).toBe(framedTexts.frameTimeout)
  })

  test('a complete frame starts the time of the next one', () => {
    const timeouts = afterHello()
    timeouts.onRead(0, true)
    timeouts.completedFrame = true
    timeouts.onRead(frameTimeoutMs, true)
    expect(timeouts.check(2 * frameTimeoutMs, idle)).toBeUndefined()
    timeouts.onRead(2 * frameTimeoutMs, false)
    expect(timeouts.check(9 * frameTimeoutMs, idle)).toBeUndefined()
  })

  test('a pause does not count for the incomplete frame', () => {
    const timeouts = afterHello()
    timeouts.onRead(0, true)
    timeouts.onPause(1000)
    expect(timeouts.check(2 * frameTimeoutMs, busy)).toBeUndefined()
    timeouts.onResume(2 * frameTimeoutMs)
    expect(timeouts.check(3 * frameTimeoutMs - 1000, busy)).toBeUndefined()
    expect(timeouts.check(3 * frameTimeoutMs - 999, busy)).toBe(framedTexts.frameTimeout)
  })

  test('reading that was not paused moves no time', () => {
    const timeouts = afterHello()
    timeouts.onRead(1000, true)
    timeouts.onResume(1000)
    expect(timeouts.check(1001 + frameTimeoutMs, idle)).toBe(framedTexts.frameTimeout)
  })

  test('a write must make progress', () => {
    const timeouts = afterHello()
    expect(timeouts.check(0, { ...busy, written: 0 })).toBeUndefined()
    expect(timeouts.check(writeTimeoutMs, { ...busy, written: 10 })).toBeUndefined()
    expect(timeouts.check(2 * writeTimeoutMs, { ...busy, written: 10 })).toBeUndefined()
    expect(timeouts.check(2 * writeTimeoutMs + 1, { ...busy, written: 10 })).toBe('destroy')
  })

  test('an idle connection is drained, a busy one is not', () => {
    const timeouts = afterHello()
    expect(timeouts.check(idleTimeoutMs + 1, busy)).toBeUndefined()
    expect(timeouts.check(2 * idleTimeoutMs + 1, idle)).toBeUndefined()
    expect(timeouts.check(2 * idleTimeoutMs + 2, idle)).toBe('drain')
  })

  test('after GOAWAY the grace period replaces the idle timeout', () => {
    const timeouts = afterHello()
    timeouts.lastActiveAt = 5000
    const state = { ...idle, sentGoaway: true }
    expect(timeouts.check(5000 + goawayGraceMs, state)).toBeUndefined()
    expect(timeouts.check(5001 + goawayGraceMs, state)).toBe('drain')
  })

  test('after the end of the writing side only the linger timeout counts', () => {
    const timeouts = afterHello()
    timeouts.onRead(0, true)
    timeouts.endedAt = frameTimeoutMs
    expect(timeouts.check(frameTimeoutMs + lingerTimeoutMs, idle)).toBeUndefined()
    expect(timeouts.check(frameTimeoutMs + lingerTimeoutMs + 1, idle)).toBe('destroy')
  })
})
