// What a monitor tells the guards: only of calls that began in the step.
import { expect, test } from 'vitest'
import { ProcessCall, stackless, type Call, type Outcome } from '../../src/model/index.ts'
import { SideMonitor } from '../../src/policies/index.ts'
import { contractOf } from '../support/locks.ts'

const route = { contract: contractOf({ type: 'number' }, { name: 'number' }), contractIndex: 0 }
const rejected: Outcome = { ok: false, code: 'parse.syntax', status: 400, issues: [], truncated: false }

test('calls from before a step count in the totals, and not in the step', () => {
  let now = 1000
  const via = { placement: 'pool', engine: 'js' } as const
  const monitor = new SideMonitor({ side: 'candidate', windowMs: 30_000, via: () => via, clock: () => now })
  const running: Call[] = []
  const run = monitor.layer((call) => running.push(call))
  const start = (count: number): Call[] => {
    for (let i = 0; i < count; i++)
      run(
        new ProcessCall(
          route,
          '1',
          false,
          () => {},
          () => {},
        ),
      )
    return running.splice(0)
  }
  const before = start(60)
  now += 500
  monitor.restart()
  for (const [i, call] of before.entries()) {
    if (i < 20) call.fail(stackless('unavailable'))
    else if (i < 40) call.fail(stackless('deadline.exceeded'))
    else call.settle(rejected)
  }
  expect(monitor.callsOfStep).toBe(0)
  expect(monitor.window()).toMatchObject({ calls: 0, errors: 0, deadlines: 0, latencies: 0 })
  expect(monitor.stats).toMatchObject({ calls: 60, errors: 20, deadlineExceeded: 20, rejected: 20 })
  for (const call of start(3)) call.settle(rejected)
  expect(monitor.callsOfStep).toBe(3)
  expect(monitor.window()).toMatchObject({ calls: 3, errors: 0, deadlines: 0, latencies: 3 })
})
