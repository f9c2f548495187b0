// Options: ranges, defaults, and error messages.
import { describe, expect, test } from 'vitest'
import {
  resolveHostOptions,
  resolveProcessorOptions,
  splitCreateOptions,
  type HostOptions,
} from '../../src/model/options.ts'

const messageOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    expect(error).toMatchObject({ code: 'options.invalid' })
    return (error as Error).message
  }
  return 'accepted'
}

describe('host options', () => {
  test('have these defaults', () => {
    expect(resolveHostOptions({}, 4)).toEqual({
      placement: 'inline',
      engine: 'auto',
      threads: 3,
      maxQueue: 1024,
      maxQueueBytes: 64 * 1024 * 1024,
      maxQueueMs: 50,
      deadlineMs: undefined,
      workerUrl: undefined,
      cache: undefined,
      socket: undefined,
      connections: 1,
      launch: undefined,
    })
    expect(resolveHostOptions({ placement: 'pool' }, 1)).toMatchObject({ threads: 1, deadlineMs: 1000 })
    expect(Object.isFrozen(resolveHostOptions({}, 4))).toBe(true)
  })

  test.each<[object, string]>([
    [{ maxQueue: -1 }, 'Expected `maxQueue` to be an integer ≥ 0, got `-1` (number)'],
    [{ maxQueue: 1.5 }, 'Expected `maxQueue` to be an integer ≥ 0, got `1.5` (number)'],
    [{ maxQueueMs: 0 }, 'Expected `maxQueueMs` to be a number of milliseconds from 1 to 60000, got `0` (number)'],
    [{ maxQueueBytes: '1' }, 'Expected `maxQueueBytes` to be an integer ≥ 0, got `1` (string)'],
    [{ threads: 0 }, 'Expected `threads` to be an integer from 1 to 1024, got `0` (number)'],
    [
      { deadlineMs: 2 ** 31 },
      'Expected `deadlineMs` to be a number of milliseconds from 1 to 60000, got `2147483648` (number)',
    ],
    [
      { deadlineMs: Number.NaN },
      'Expected `deadlineMs` to be a number of milliseconds from 1 to 60000, got `NaN` (number)',
    ],
    [
      { placement: 'cloud' },
      'Expected `placement` to be one of "inline", "pool", "auto", "sidecar", got `cloud` (string)',
    ],
    [{ engine: null }, 'Expected `engine` to be one of "auto", "native", "js", got `null`'],
    [
      { workerUrl: 'worker.js' },
      'Expected `workerUrl` to be a file: URL or an absolute path, got `worker.js` (string)',
    ],
    [
      { workerUrl: new URL('data:text/javascript,1') },
      'Expected `workerUrl` to be a file: URL or an absolute path, got an object (object)',
    ],
    [
      { maxqueue: 1 },
      'Expected the options of `createHost` to be among placement, engine, jsCompressor, threads, maxQueue, maxQueueBytes, maxQueueMs, deadlineMs, workerUrl, cache, socket, tls, connections, launch, fallback, breaker, onEvent, log, got `maxqueue`',
    ],
    [[], 'Expected the options of `createHost` to be an object, got an object (array)'],
  ])('%o is rejected', (options, message) => {
    expect(messageOf(() => resolveHostOptions(options as HostOptions, 4))).toBe(message)
  })

  test('undefined is the same as absent', () => {
    expect(messageOf(() => resolveHostOptions({ maxQueue: undefined, engine: undefined }, 4))).toBe('accepted')
  })
})

describe('processor options', () => {
  test('the key is copied, and never part of a message', () => {
    const digestKey = new Uint8Array(16).fill(7)
    const resolved = resolveProcessorOptions({ digestKey })
    digestKey.fill(0)
    expect(resolved.digestKey).toEqual(new Uint8Array(16).fill(7))
    expect(messageOf(() => resolveProcessorOptions({ digestKey: new Uint8Array(3) }))).toBe(
      'Expected `digestKey` to be a Uint8Array of at least 16 bytes, got 3 bytes',
    )
    expect(messageOf(() => resolveProcessorOptions({ digestKey: 'a secret' as never }))).not.toContain('secret')
  })

  test('createProcessor accepts host and processor options', () => {
    const options = { placement: 'pool', canonical: true, maxQueue: 5 } as const
    expect(splitCreateOptions(options)).toEqual({
      host: { placement: 'pool', maxQueue: 5 },
      processor: { canonical: true },
    })
    expect(splitCreateOptions(Object.create(options) as typeof options)).toEqual(splitCreateOptions(options))
    expect(messageOf(() => splitCreateOptions({ canonical: 1 } as never))).toContain('`canonical` to be true or false')
  })
})
