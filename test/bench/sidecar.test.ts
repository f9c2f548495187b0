// The targets of the sidecar and the verdict of the endpoint, with synthetic rows.

import { expect, test } from 'vitest'
import type { EndpointRow } from '../../bench/cases/before-after.ts'
import { framingTargets } from '../../bench/cases/framing.ts'
import { daemonMemoryTargets } from '../../bench/cases/sidecar-memory.ts'
import type { SidecarRow } from '../../bench/cases/sidecar.ts'
import { beforeAfterTargets, endpointVerdict } from '../../bench/report/before-after.ts'
import { sidecarTargets } from '../../bench/report/sidecar.ts'
import type { Target } from '../../bench/targets.ts'

const row = (id: SidecarRow['id'], depth: number, clientUs: number, daemonUs: number): SidecarRow => ({
  id,
  side: id.startsWith('axum') ? 'peer' : 'ours',
  digest: 'sha-256',
  depth,
  payloadsPerSecond: 10_000,
  p50Us: 100,
  p99Us: 200,
  clientUs,
  daemonUs,
  payloadsPerDaemonSecond: 1e6 / daemonUs,
  clientPss: 50e6,
  daemonPss: 5e6,
  outBytes: 1300,
  rounds: 5,
  calls: 1000,
})

const named = (targets: readonly Target[], name: string): Target | undefined =>
  targets.find((target) => target.name.includes(name))

test('the client and the Rust daemon are compared with the peers at the same depth', () => {
  const targets = sidecarTargets([
    row('sidecar-rust', 64, 5, 40),
    row('sidecar-rust', 1, 20, 40),
    row('axum-http', 64, 60, 119),
    row('axum-raw', 64, 29.9, 50),
    row('axum-raw', 1, 50, 45),
  ])
  expect(named(targets, 'against axum-http at depth 64')).toMatchObject({ measured: '1/12.0', met: true })
  expect(named(targets, 'against axum-raw at depth 64')).toMatchObject({ measured: '1/5.9', met: false })
  expect(named(targets, 'against axum-raw at depth 1')).toMatchObject({ measured: '1/2.5', met: true })
  expect(named(targets, 'against axum-raw at depth 8')).toMatchObject({ measured: null, met: null })
  expect(named(targets, 'daemon-CPU-second of sidecar-rust against axum-http')).toMatchObject({
    measured: '2.97 ×',
    met: false,
  })
  expect(named(targets, 'daemon-CPU-second of sidecar-rust against axum-raw')).toMatchObject({
    measured: '1.25 ×',
    met: true,
  })
})

test('the client is compared with a bare socket loop at depth 64', () => {
  const rows = [row('sidecar-rust', 64, 7, 40), row('sidecar-rust', 1, 20, 40), row('sidecar-floor', 1, 5, Number.NaN)]
  const name = 'against sidecar-floor'
  expect(named(sidecarTargets(rows), name)).toMatchObject({ measured: null, met: null })
  const floor = row('sidecar-floor', 64, 5, Number.NaN)
  expect(named(sidecarTargets([...rows, floor]), name)).toMatchObject({ measured: '1.40 ×', met: true })
})

test('each daemon has its own target for framing and loop', () => {
  const [rust, node] = framingTargets([
    { id: 'sidecar-rust-no-spin', daemonUs: 3.5 },
    { id: 'sidecar-node-no-spin', daemonUs: 3.5 },
  ])
  expect([rust?.met, node?.met]).toEqual([false, true])
})

test('the memory of a daemon must be constant, and that of the Rust daemon small', () => {
  const memory = (id: 'sidecar-rust' | 'sidecar-node', late: number): (boolean | null)[] =>
    daemonMemoryTargets([{ id, early: 3e6, late, ratio: late / 3e6 }]).map(({ met }) => met)
  expect(memory('sidecar-rust', 3.1e6)).toEqual([true, true])
  expect(memory('sidecar-rust', 3e9)).toEqual([false, false])
  expect(memory('sidecar-node', 3.1e6)).toEqual([true])
})

const endpoint = (way: EndpointRow['way'], figures: Partial<EndpointRow> = {}): EndpointRow => ({
  way,
  appRss: 100 * 2 ** 20,
  sidecarRss: way === 'sidecar' ? 5 * 2 ** 20 : 0,
  gcP95Ms: 1,
  gcMsPer1000: 5,
  p50Ms: 1,
  p95Ms: 2,
  p99Ms: 4,
  stallP99Ms: 3,
  cpuMsPer1000: 200,
  ...figures,
})

test('without a gain, the verdict is to do nothing', () => {
  const verdict = endpointVerdict([
    endpoint('zod+zlib'),
    endpoint('inline', { cpuMsPer1000: 180 }),
    endpoint('sidecar'),
  ])
  expect(verdict).toMatch(/^Do nothing/)
})

test('inline is recommended when it saves CPU and no other placement responds sooner', () => {
  const rows = [endpoint('zod+zlib'), endpoint('inline', { cpuMsPer1000: 100 }), endpoint('pool', { stallP99Ms: 1 })]
  expect(endpointVerdict(rows)).toMatch(/^Use inline: .* Nothing else/)
})

test('a placement with shorter stalls but later responses is not recommended', () => {
  expect(endpointVerdict([endpoint('zod+zlib'), endpoint('sidecar', { stallP99Ms: 1, p99Ms: 6 })])).toMatch(
    /^Do nothing/,
  )
})

test('of two placements that respond sooner than inline, the one with less memory is recommended', () => {
  const rows = [
    endpoint('zod+zlib'),
    endpoint('inline', { cpuMsPer1000: 100 }),
    endpoint('pool', { cpuMsPer1000: 150, p99Ms: 2, appRss: 200 * 2 ** 20 }),
    endpoint('sidecar', { cpuMsPer1000: 150, p99Ms: 2 }),
  ]
  expect(endpointVerdict(rows)).toMatch(/^Use sidecar: .* Inline: /)
})

test('the targets of the sidecar are less memory and shorter pauses than today', () => {
  const rows = [endpoint('zod+zlib'), endpoint('sidecar', { gcP95Ms: 0.5 })]
  expect(beforeAfterTargets(rows)).toMatchObject([
    { measured: '5.0 %', met: false },
    { measured: '-50.0 %', met: true },
  ])
})
