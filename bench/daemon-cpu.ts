// Process entry: `node build/bench/daemon-cpu.js BASE NEW …`. CPU for a framed payload of builds of sidelaned, side by side: the same
// order events, 64 in flight, in turns. Prints the median and the best of the rounds, and the ratio to the first build.

import process from 'node:process'
import { pairUp, part, takeTurns, workOf, type Pair } from './cases/sidecar.ts'
import { median } from '../src/util/stats.ts'
import { namedSets, thinned } from './payloads/sets.ts'
import { figure } from './report/table.ts'

const depth = 64
const rounds = 9
const slotMs = 1000

const programs = process.argv.slice(2)
if (programs.length === 0) {
  process.stderr.write('Usage: node build/bench/daemon-cpu.js SIDELANED [SIDELANED …]\n')
  process.exit(2)
}
const set = namedSets(1)['orders']?.()
if (set === undefined) throw new Error('there is no set of order events')
const work = await workOf(thinned(set, 256, 16e6))
const pairs: Pair[] = []
try {
  // Without busy polling, which is CPU without work.
  for (const program of programs) pairs.push(await pairUp('sidecar-rust-no-spin', work, { program }))
  await takeTurns(pairs, {
    rounds,
    depths: [depth],
    budgetMs: pairs.length * (rounds + 1.5) * slotMs,
    onStep: () => {},
  })
  const times = pairs.map(({ daemonUs }) => daemonUs.get(depth) ?? [])
  const base = median(times[0] as number[])
  for (const [index, us] of times.entries()) {
    const [mid, least] = [median(us), Math.min(...us)]
    process.stdout.write(
      `${figure(mid).padStart(6)} µs (best ${figure(least)}), ${(base / mid).toFixed(2)} ×  ${String(programs[index])}\n`,
    )
  }
} finally {
  for (const pair of pairs) await part(pair)
}
