// The rule of METHOD.md, with synthetic rows.

import { expect, test } from 'vitest'
import type { SidecarRow } from '../../bench/cases/sidecar.ts'
import type { Row } from '../../bench/report/row.ts'
import { figure, table } from '../../bench/report/table.ts'
import { judge } from '../../bench/targets.ts'
import { decide } from '../../bench/verdict.ts'

const row = (id: string, usPerPayload: number, more: Partial<Row> = {}): Row => ({
  id,
  side: id.startsWith('inline') || id.startsWith('pool') ? 'ours' : 'peer',
  placement: id.startsWith('p') ? 'pool' : 'inline',
  payloads: 'orders',
  digest: 'none',
  depth: id.startsWith('p') ? 64 : 1,
  usPerPayload,
  minUsPerPayload: usPerPayload,
  maxUsPerPayload: usPerPayload,
  payloadsPerSecond: 1e6 / usPerPayload,
  p50Us: usPerPayload,
  p99Us: usPerPayload,
  mainThreadUs: usPerPayload,
  outBytes: 1300,
  sizeToZlib: 1,
  ratioZodZlib: null,
  ratioZodZlibJcs: null,
  rounds: 5,
  calls: 1000,
  ...more,
})

const decideOn = (...rows: Row[]): ReturnType<typeof decide> => decide('orders', rows, 40)

test('the faster inline engine is recommended, with the rate from which the pool is better', () => {
  const verdict = decideOn(
    row('zod+zlib', 200),
    row('inline-js', 120),
    row('inline-native', 50),
    row('pool-native', 60, { mainThreadUs: 8 }),
    row('pool-native', 150, { depth: 1, mainThreadUs: 30 }),
  )
  expect(verdict).toMatchObject({ use: 'inline', engine: 'native', poolFromPerSecond: 5000 })
  expect(verdict.text).toContain('4.0 times as fast as zod+zlib (200 µs a payload)')
  expect(verdict.text).toContain('A lone call takes 150 µs there')
})

test('js is recommended when native is equal', () => {
  expect(decideOn(row('zod+zlib', 200), row('inline-js', 100), row('inline-native', 90))).toMatchObject({
    engine: 'js',
  })
})

test('a gain within 15 % does not count', () => {
  expect(decideOn(row('zod+zlib', 200), row('inline-js', 180))).toMatchObject({ use: 'do nothing', engine: null })
})

test('a gain of less than 10 µs does not count, even with a large ratio', () => {
  expect(decideOn(row('zod+zlib', 12), row('inline-native', 3)).use).toBe('do nothing')
})

test('a pool that is 1.5 times as fast as inline is recommended', () => {
  const verdict = decideOn(row('zod+zlib', 200), row('inline-native', 60), row('pool-native', 40, { mainThreadUs: 8 }))
  expect(verdict).toMatchObject({ use: 'pool', engine: 'native', poolFromPerSecond: null })
})

test('the pool is recommended for payloads that block the event loop', () => {
  const rows = [row('zod+zlib', 9000), row('inline-js', 3000), row('pool-js', 3100, { mainThreadUs: 90 })]
  expect(decideOn(...rows)).toMatchObject({ use: 'pool', engine: 'js' })
})

test('a pool that frees less than half of the main thread is not recommended', () => {
  const rows = [row('zod+zlib', 200), row('inline-native', 50), row('pool-native', 60, { mainThreadUs: 30 })]
  expect(decideOn(...rows)).toMatchObject({ use: 'inline', poolFromPerSecond: null })
})

test('rows with a digest do not count', () => {
  const rows = [row('zod+zlib', 200), row('inline-js', 150), row('inline-native', 40, { digest: 'sha-256' })]
  expect(decideOn(...rows)).toMatchObject({ use: 'inline', engine: 'js' })
})

test('without the baseline there is no verdict', () => {
  expect(decideOn(row('inline-js', 100)).use).toBe('undecided')
})

test('targets are met, missed or not measured', () => {
  const rows = [row('zod+zlib', 200), row('inline-native', 25), row('inline-js', 190)]
  const byName = new Map(judge(rows, undefined).map((target) => [target.name, target]))
  expect(byName.get('inline-native against zod+zlib, digest none')).toMatchObject({ measured: '8.00 ×', met: true })
  expect(byName.get('inline-js against zod+zlib, digest none')).toMatchObject({ measured: '1.05 ×', met: false })
  expect(byName.get('inline-native-trained against zod+zlib, digest none')).toMatchObject({ measured: null, met: null })
})

test('the main thread of a pool is compared with a bare worker loop at depth 64', () => {
  const rows = [
    row('pool-native', 60, { depth: 64, mainThreadUs: 4.5 }),
    row('pool-js', 60, { depth: 64, mainThreadUs: 4.6 }),
    row('pool-floor', 60, { depth: 64, mainThreadUs: 3, side: 'floor' }),
    row('pool-floor', 60, { depth: 1, mainThreadUs: 15, side: 'floor' }),
  ]
  const byName = new Map(judge(rows, undefined).map((target) => [target.name, target]))
  const name = (id: string): string => `${id}, main thread at depth 64 against pool-floor`
  expect(byName.get(name('pool-native'))).toMatchObject({ measured: '1.50 ×', met: true })
  expect(byName.get(name('pool-js'))).toMatchObject({ measured: '1.54 ×', met: false })
})

test('memory that moves by more than 5 % misses its target', () => {
  const memory = [{ id: 'inline-js', early: 100, late: 106, ratio: 1.06 }]
  expect(judge([], memory).at(-1)).toMatchObject({ measured: '6.0 %', met: false })
})

test('larger bodies than those of zlib are shown beside the ratio', () => {
  expect(table([row('inline-native', 50, { ratioZodZlib: 4, sizeToZlib: 1.05 })])).toContain('4.00 (+5 % size)')
  expect(table([row('inline-native', 50, { ratioZodZlib: 4, sizeToZlib: 1.02 })])).not.toContain('size)')
})

test.for([
  [0.123, '0.12'],
  [12.34, '12.3'],
  [1234.5, '1,235'],
  [Number.NaN, '–'],
] as const)('%d µs prints as %s', ([value, text]) => {
  expect(figure(value)).toBe(text)
})

const served = (id: SidecarRow['id'], clientUs: number, perSecond: number): SidecarRow => ({
  ...{ id, side: 'ours', digest: 'sha-256', depth: 64, payloadsPerSecond: perSecond, p50Us: 90, p99Us: 200, clientUs },
  ...{
    daemonUs: 60,
    payloadsPerDaemonSecond: 16_000,
    clientPss: 6e7,
    daemonPss: 8e6,
    outBytes: 1300,
    rounds: 3,
    calls: 900,
  },
})
const digested = { digest: 'sha-256' } as const
const large = [
  row('zod+zlib', 9000),
  row('inline-js', 3000),
  row('pool-js', 3100, { mainThreadUs: 90 }),
  row('zod+zlib+jcs', 9400, digested),
  row('inline-js', 3200, digested),
  row('pool-js', 3300, { ...digested, mainThreadUs: 95 }),
]

test('the sidecar is recommended where it takes less of the main thread than the pool', () => {
  const verdict = decide('orders', large, 40, [served('sidecar-node', 60, 300), served('sidecar-rust', 20, 400)])
  expect(verdict).toMatchObject({ use: 'sidecar', engine: 'native' })
  expect(verdict.text).toContain('sidecar-')
})

test('else the pool is, and the verdict has what the sidecar takes', () => {
  const verdict = decide('orders', large, 40, [served('sidecar-rust', 200, 400)])
  expect(verdict).toMatchObject({ use: 'pool' })
  expect(verdict.text).toContain('the sidecar takes 200 µs a payload of the main thread, the pool 95')
})

test('peers behind a socket and daemons without polling are no sidecar of the verdict', () => {
  const others = [served('axum-raw', 5, 900), served('sidecar-rust-no-spin', 5, 900)]
  expect(decide('orders', large, 40, others).use).toBe('pool')
})
