// `npm run prove:queue`: the proof at its full size. Writes a record with `--json FILE`.

import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { describeMachine } from '../../src/measure/machine.ts'
import { progress } from '../report/progress.ts'
import { problemsOf, prove } from './proof.ts'

const { values } = parseArgs({
  options: {
    payloads: { type: 'string', default: '200000' },
    workers: { type: 'string', default: '4' },
    'kill-every-ms': { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
})

const payloads = Number(values.payloads)
const tell = progress()
const proof = await prove({
  payloads,
  workers: Number(values.workers),
  killEveryMs: Number(values['kill-every-ms']),
  seed: Number(values.seed),
  onProgress: (done) => tell.at(`${done} of ${payloads} payloads`, done / payloads),
})
tell.end()
const record = { machine: describeMachine(['bullmq', 'ioredis', 'zod']), at: new Date().toISOString(), ...proof }
process.stdout.write(`${JSON.stringify(record, null, 2)}\n`)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(record, null, 2)}\n`)
const problems = problemsOf(proof, payloads)
process.stdout.write(problems.length === 0 ? 'proven\n' : `NOT proven: ${problems.join('; ')}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
