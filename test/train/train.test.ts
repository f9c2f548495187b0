// Training: the vectors that the Rust encoder is tested with too, the classes, and the contract that comes out.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { makeClicks } from '../../bench/payloads/clicks.ts'
import { makeOrders } from '../../bench/payloads/orders.ts'
import { defineContract } from '../../src/contract/define/index.ts'
import { lockText, parseContract } from '../../src/contract/index.ts'
import type { Contract } from '../../src/model/index.ts'
import { trainContract } from '../../src/train/index.ts'
import { faultOf } from '../support/fault-of.ts'
import { contractOf } from '../support/locks.ts'
import { vectorsOf } from './sizes.ts'
import type { DeflateVectors } from './vectors.ts'

const any = contractOf({})

test('texts give the tables and the sizes of the vectors', () => {
  const vectors: DeflateVectors = JSON.parse(
    readFileSync(new URL('../vectors/deflate/tables.json', import.meta.url), 'utf8'),
  )
  expect(vectors.tables.length).toBeGreaterThan(3)
  expect(vectorsOf(vectors.texts)).toEqual(vectors)
})

test('a lock with tables is read again, and keeps the id', () => {
  const { contract } = trainContract(any, makeOrders({ count: 60, seed: 1 }))
  expect(contract.id).toBe(any.id)
  expect(contract.lock.tables?.version).toBe(1)
  expect(parseContract(lockText(contract.lock)).lock).toEqual(contract.lock)
})

test('the same samples give the same lock, as bytes, texts and values', () => {
  const bytes = makeOrders({ count: 40, seed: 2, meanBytes: 1000 })
  const texts = bytes.map((one) => Buffer.from(one).toString())
  const values = texts.map((one): unknown => JSON.parse(one))
  const locks = [bytes, texts, values, new Set(texts)].map((samples) =>
    lockText(defineContract({ name: 'a', schema: z.any(), samples }).lock),
  )
  expect(new Set(locks).size).toBe(1)
  expect(locks[0]).toContain('"tables"')
})

test('training replaces all tables of before', () => {
  const first = trainContract(any, makeOrders({ count: 40, seed: 3 })).contract
  const samples = makeClicks(40, 4)
  expect(trainContract(first, samples).contract.lock).toEqual(trainContract(any, samples).contract.lock)
  expect(trainContract(first, ['1']).contract.lock.tables).toBeUndefined()
})

test('samples are compressed as the contract writes them', () => {
  const schema = z.object({ id: z.int() })
  const long = (i: number): object => ({ id: i, dropped: 'x'.repeat(2000 + 7 * i) })
  const { classes } = trainContract(
    defineContract({ name: 'a', schema }),
    Array.from({ length: 20 }, (_, i) => long(i)),
  )
  expect(classes.map(({ maxBytes, samples }) => ({ maxBytes, samples }))).toEqual([{ maxBytes: 512, samples: 20 }])
})

test('a class with few samples has no table', () => {
  const { classes, contract } = trainContract(any, makeOrders({ count: 3, seed: 1, script: 'cjk' }))
  expect(classes.every(({ result }) => result === 'few')).toBe(true)
  expect(contract.lock.tables).toBeUndefined()
})

test('a table that makes bodies larger is dropped', () => {
  // Every second sample is held out, and has nothing in common with the others.
  const samples = Array.from({ length: 40 }, (_, i) =>
    JSON.stringify((i % 2 === 0 ? 'abcdefgh' : 'STUVWXYZ').repeat(50 + i).replaceAll(/[ah SZ]/g, String(i))),
  )
  const { classes, contract } = trainContract(any, samples)
  expect(classes.map(({ result }) => result)).toEqual(['loss', 'loss'])
  for (const { tableBytes, dynamicBytes } of classes) expect(tableBytes).toBeGreaterThan(dynamicBytes * 1.05)
  expect(contract.lock.tables).toBeUndefined()
})

test('tables of orders cost less than one per cent at 4 KB, and three at 1 KB', () => {
  const growth = (meanBytes: number): number => {
    const { classes } = trainContract(any, makeOrders({ count: 200, seed: 9, meanBytes, script: 'ascii' }))
    const kept = classes.filter(({ result }) => result === 'kept')
    const sum = (pick: (one: (typeof kept)[number]) => number): number => kept.reduce((all, one) => all + pick(one), 0)
    return sum((one) => one.tableBytes) / sum((one) => one.dynamicBytes) - 1
  }
  expect(growth(4096)).toBeLessThan(0.01)
  expect(growth(1024)).toBeLessThan(0.03)
})

test('a sample that the contract rejects is an error with its number', () => {
  const schema = z.object({ id: z.int() })
  const samples = ['{"id":1}', '{"id":"secret"}']
  const { code, message } = faultOf(() => defineContract({ name: 'a', schema, samples }))
  expect(code).toBe('options.invalid')
  expect(message).toBe('Expected `samples` to be accepted by the contract, got validate.failed for number 1')
})

test.each([
  ['no sample', {}, []],
  ['no iterable', {}, 7],
  ['a text', {}, '{}'],
  ['zstd', { compress: { codec: 'zstd' } }, ['1']],
  ['another level', { compress: { codec: 'gzip', level: 6 } }, ['1']],
] as const)('%s is options.invalid', (_, options, samples) => {
  const define = (): Contract =>
    defineContract({ name: 'a', schema: z.any(), ...options, samples: samples as Iterable<unknown> })
  expect(faultOf(define).code).toBe('options.invalid')
})
