// Contracts as objects: the results of parseLock and loadContract, and issues as text.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runInNewContext } from 'node:vm'
import { afterAll, describe, expect, test } from 'vitest'
import { describeIssue, SidelaneError, type Issue } from '../../src/model/index.ts'
import { loadContract, parseContract, parseLock } from '../../src/contract/index.ts'

const lock = '{"profile":"p1","unicode":"15.0","name":"orders","schema":{"type":"object","title":"Order"}}'

describe('a contract', () => {
  const contract = parseLock(lock)
  test('holds the lock with all defaults and the schema as written', () => {
    expect(contract.name).toBe('orders')
    expect(contract.lock).toEqual({
      profile: 'p1',
      unicode: '15.0',
      name: 'orders',
      numbers: 'safe',
      limits: { maxBytes: 1_048_576, maxDepth: 64, maxKeys: 10_000 },
      schema: { type: 'object', title: 'Order' },
      compress: { codec: 'gzip', level: 1 },
      digest: 'sha-256',
    })
  })
  test('is equal to the contract of its own lock', () => {
    expect(parseLock(JSON.stringify(contract.lock))).toEqual(contract)
  })
  test('is the same from bytes as from text', () => {
    expect(parseLock(new TextEncoder().encode(lock))).toEqual(contract)
  })
  test('is frozen', () => {
    expect(() => Object.assign(contract.lock.limits, { maxBytes: 1 })).toThrow(TypeError)
    expect(() => Object.assign(contract, { id: '' })).toThrow(TypeError)
  })
})

describe('parseContract', () => {
  const parse = parseContract as (lock: unknown, options?: unknown) => unknown
  test.each([undefined, null, 5, 5n, true, Symbol('lock'), () => lock])('refuses what is no lock (%#)', (value) => {
    expect(() => parse(value)).toThrow(expect.objectContaining({ code: 'contract.invalid', pointer: '' }) as Error)
  })
  test('takes bytes of another realm', () => {
    const foreign: unknown = runInNewContext('Uint8Array.from(bytes)', { bytes: [...Buffer.from(lock)] })
    expect(parse(foreign)).toEqual(parse(lock))
  })
  test.each([null, 'x', { dictionary: 'x' }, { dict: new Uint8Array(1) }])('refuses other options (%#)', (options) => {
    expect(() => parse(lock, options)).toThrow(expect.objectContaining({ code: 'options.invalid' }) as Error)
  })
})

describe('loadContract', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-'))
  const file = join(folder, 'orders.lock.json')
  writeFileSync(file, lock)
  afterAll(() => rmSync(folder, { recursive: true }))

  test('accepts a path or a file URL', () => {
    expect(loadContract(file)).toEqual(parseLock(lock))
    expect(loadContract(pathToFileURL(file))).toEqual(parseLock(lock))
  })
  test('names a missing file', () => {
    const missing = join(folder, 'none.json')
    expect(() => loadContract(missing)).toThrow(SidelaneError)
    expect(() => loadContract(missing)).toThrow(missing)
  })
  test.each([lock, Buffer.from(lock), JSON.parse(lock) as object])(
    'takes no content, and does not quote it (%#)',
    (content) => {
      const error = expect.objectContaining({
        code: 'contract.invalid',
        message: expect.stringMatching(/^Expected the path .{1,100}parseContract$/) as string,
      }) as Error
      expect(() => loadContract(content as string)).toThrow(error)
    },
  )
})

test('a chain of thousands of definitions does not overflow the stack', () => {
  const $defs: Record<string, unknown> = { d4000: { type: 'string' } }
  for (let i = 0; i < 4000; i++) $defs[`d${i}`] = { $ref: `#/$defs/d${i + 1}` }
  const chain = { profile: 'p1', unicode: '15.0', name: 'chain', schema: { $defs, $ref: '#/$defs/d0' } }
  expect(parseLock(JSON.stringify(chain)).profile.defs).toHaveLength(4001)
})

const issue = (keyword: Issue['keyword'], params: Issue['params']): Issue =>
  ({ code: 'validate.failed', pointer: '/a', keyword, params }) as Issue

describe('describeIssue', () => {
  test.each([
    [issue('type', { expected: ['null', 'string'] }), 'The value at /a must be of type null or string.'],
    [issue('enum', { expected: ['a', 1, null] }), 'The value at /a must be a, 1 or null.'],
    [issue('minLength', { limit: 1 }), 'The value at /a must have at least 1 character.'],
    [issue('maxItems', { limit: 3 }), 'The value at /a must have at most 3 items.'],
    [issue('pattern', { limit: '^a$' }), 'The value at /a must match the pattern ^a$.'],
    [issue('required', {}), 'The value at /a is missing.'],
    [{ code: 'parse.duplicate_key', pointer: '' } as const, 'At the root: An object has the same key twice.'],
  ])('%#', (finding, sentence) => expect(describeIssue(finding)).toBe(sentence))
})
