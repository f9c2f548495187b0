// Dictionaries: loaded from beside the lock, checked, and part of the contract's id. The conformance suite
// (contract.case.ts) tests bodies with a dictionary.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import * as z from 'zod'
import type { LockDocument } from '../../src/model/index.ts'
import { loadContract, parseContract } from '../../src/contract/index.ts'
import { defineContract } from '../../src/contract/define/index.ts'
import { faultOf } from '../support/fault-of.ts'
import { contractOf, zlibTakesDictionaries } from '../support/locks.ts'
import { engineKinds, needEngine } from '../support/need.ts'

const folder = mkdtempSync(join(tmpdir(), 'sidelane-dictionary-'))
afterAll(() => rmSync(folder, { recursive: true }))

const bytes = Buffer.from('{"lines":[{"sku":"the words that all payloads share"}]}')
const sha256 = createHash('sha256').update(bytes).digest('hex')
const lockOf = (dictionary: object = {}): LockDocument =>
  contractOf({}, { compress: { codec: 'zstd' }, dictionary: { id: 0, sha256, path: 'a.dict', ...dictionary } }).lock

test('loadContract reads the dictionary from beside the lock, by path and by URL', () => {
  mkdirSync(join(folder, 'dicts'))
  writeFileSync(join(folder, 'dicts/50%#1.dict'), bytes)
  const file = join(folder, 'a.lock.json')
  writeFileSync(file, JSON.stringify(lockOf({ path: 'dicts/50%#1.dict' })))
  for (const where of [file, pathToFileURL(file)]) {
    expect(Buffer.from(loadContract(where).dictionary as Uint8Array)).toEqual(bytes)
  }
})

test('a missing or wrong dictionary is an error of loadContract', () => {
  const file = join(folder, 'b.lock.json')
  writeFileSync(file, JSON.stringify(lockOf({ path: 'none.dict' })))
  expect(faultOf(() => loadContract(file))).toMatchObject({ code: 'contract.invalid', pointer: '/dictionary/path' })
  writeFileSync(join(folder, 'none.dict'), 'other bytes')
  expect(faultOf(() => loadContract(file))).toMatchObject({ code: 'contract.invalid', pointer: '/dictionary/sha256' })
})

test('a trained dictionary has the id of its own bytes', () => {
  const trained = Buffer.alloc(32)
  trained.writeUInt32LE(0xec30a437, 0)
  trained.writeUInt32LE(77, 4)
  const hash = createHash('sha256').update(trained).digest('hex')
  const parse = (id: number) => parseContract(lockOf({ id, sha256: hash }), { dictionary: trained })
  expect(parse(77).dictionary).toEqual(new Uint8Array(trained))
  expect(faultOf(() => parse(0))).toMatchObject({ code: 'contract.invalid', pointer: '/dictionary/id' })
})

test('the bytes are copied, and the path is not part of the id', () => {
  const own = new Uint8Array(bytes)
  const contract = parseContract(lockOf(), { dictionary: own })
  own.fill(0)
  expect(Buffer.from(contract.dictionary as Uint8Array)).toEqual(bytes)
  expect(parseContract(lockOf({ path: 'b/c.dict' })).id).toBe(contract.id)
  expect(parseContract(lockOf({ sha256: '0'.repeat(64) })).id).not.toBe(contract.id)
})

test('unexpected, empty and too many bytes are rejected', () => {
  const plain = contractOf({}, { compress: { codec: 'zstd' } }).lock
  for (const [lock, dictionary] of [
    [plain, bytes],
    [lockOf(), new Uint8Array(0)],
    [lockOf(), new Uint8Array(1_048_577)],
  ] as const) {
    expect(faultOf(() => parseContract(lock, { dictionary }))).toMatchObject({
      code: 'contract.invalid',
      pointer: '/dictionary',
    })
  }
})

test.for(engineKinds)('%s: a contract without the bytes of its dictionary does not compile', (kind, context) => {
  const engine = needEngine(kind, context)
  expect(faultOf(() => engine.compile(parseContract(lockOf())))).toMatchObject({
    code: 'contract.invalid',
    pointer: '/dictionary',
  })
})

test.for(engineKinds)('%s: a dictionary that zstd refuses does not compile', (kind, context) => {
  const engine = needEngine(kind, context)
  if (kind === 'js' && !zlibTakesDictionaries()) context.skip('this Node has no zstd dictionaries')
  const damaged = Buffer.alloc(300)
  damaged.writeUInt32LE(0xec30a437, 0)
  const hash = createHash('sha256').update(damaged).digest('hex')
  const contract = parseContract(lockOf({ sha256: hash }), { dictionary: damaged })
  expect(faultOf(() => engine.compile(contract))).toMatchObject({ code: 'contract.invalid', pointer: '/dictionary' })
})

test('defineContract names and hashes the bytes', () => {
  const define = (extra: object) =>
    defineContract({ name: 'test', schema: z.unknown(), compress: { codec: 'zstd' }, ...extra })
  const contract = define({ dictionary: { path: 'a.dict', bytes } })
  expect(contract.lock.dictionary).toEqual({ id: 0, sha256, path: 'a.dict' })
  expect(contract.id).toBe(parseContract(lockOf()).id)
  expect(faultOf(() => define({ dictionary: { path: '../a', bytes } })).pointer).toBe('/dictionary/path')
  expect(faultOf(() => define({ dictionary: { path: 'a' } })).code).toBe('options.invalid')
  expect(faultOf(() => define({ compress: { codec: 'gzip' }, dictionary: { path: 'a', bytes } })).code).toBe(
    'contract.invalid',
  )
})
