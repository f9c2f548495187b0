// A pool in a process whose wall clock jumps. Prints how its calls ended, and how far the clock went.
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { createProcessor, parseContract } from '../../../dist/index.js'

const { JUMPS, FAKETIME_TIMESTAMP_FILE } = process.env
const lock = { profile: 'p1', unicode: '15.0', name: 'clock', schema: {}, compress: { codec: 'none' } }
const pool = await createProcessor(parseContract(JSON.stringify(lock)), {
  placement: 'pool',
  engine: 'js',
  threads: 1,
  deadlineMs: 60_000,
  maxQueueMs: 60_000,
})
const codes = []
const times = []
let lateMs = 0
for (const time of JSON.parse(JUMPS)) {
  writeFileSync(FAKETIME_TIMESTAMP_FILE, time)
  times.push(Date.now())
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      pool.process(`[${index}]`).then(
        ({ ok, code }) => (ok ? 'ok' : code),
        ({ code }) => code,
      ),
    ),
  )
  codes.push(...outcomes)
  // Ends at its deadline, in a queue behind work that takes longer.
  const startedAt = performance.now()
  const long = Array.from({ length: 200 }, () => pool.process(`[${'[1.5,"text"],'.repeat(2000)}0]`))
  await pool.process('[1]', { deadlineMs: 1 }).catch(() => {})
  lateMs = Math.max(lateMs, performance.now() - startedAt)
  await Promise.all(long)
}
await pool.close()
process.stdout.write(JSON.stringify({ codes, hours: (Math.max(...times) - Math.min(...times)) / 3_600_000, lateMs }))
