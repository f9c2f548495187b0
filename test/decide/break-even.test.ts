// Break-evens that need no measurement.

import { expect, test } from 'vitest'
import { breakEvens, type BreakEvenInput } from '../../src/decide/break-even.ts'
import type { OptionProcess } from '../../src/decide/option-processes.ts'
import { defaultLimits } from '../../src/decide/placement-rule.ts'

const member = (id: OptionProcess['id']): OptionProcess => ({ id }) as OptionProcess

test('with limits of 0 no rate is searched: a change pays at any', async () => {
  const [today, inline, away] = [member('today'), member('inline-js'), member('pool')]
  const asked: number[] = []
  const probe: BreakEvenInput['probe'] = {
    atSize: async () => undefined,
    at: async () => undefined,
    atRate: async (_members, rate) => {
      asked.push(rate)
      return new Map()
    },
    isLate: () => false,
  }
  const found = await breakEvens({
    ...{ today, inline, away, probe, points: [], onStep: () => {} },
    limits: { ...defaultLimits, minCores: 0, maxMainShare: 0 },
    costs: new Map([
      [today, { cpuUs: 200, mainUs: 200 }],
      [inline, { cpuUs: 50, mainUs: 50 }],
      [away, { cpuUs: 60, mainUs: 9 }],
    ]),
  })
  expect(asked).toEqual([])
  expect(found.filter(({ axis }) => axis === 'rate').map(({ text }) => text)).toEqual([
    'inline pays at any rate: no core need be saved',
    'the pool at any rate: inline may take nothing of the main thread',
  ])
})
