// The daemons against the js engine: random contracts and payloads through a socket, fewer than in
// differential.test.ts. The daemon's own counters prove that it processed each of them.
import fc from 'fast-check'
import { createHost, type Contract } from 'sidelane'
import { expect, test } from 'vitest'
import { createEngine } from '../../src/engine/index.ts'
import { ask, daemonKinds, needDaemon, socketFolder, startDaemon } from '../support/daemon.ts'
import { comparable, contractOf } from '../support/locks.ts'
import { seed } from '../support/seed.ts'
import { codecs } from './codecs.ts'
import { mutateBytes, payloadText, Random } from './payloads.ts'
import { rootSchema, type Schema } from './schemas.ts'

const schemaCount = process.env['CI'] ? 100 : 40
const payloadsPerSchema = 40
const file = socketFolder()

interface Case {
  readonly contract: Contract
  readonly schema: Schema
  readonly payloads: readonly Buffer[]
}

const cases: readonly Case[] = fc
  .sample(fc.tuple(rootSchema, fc.integer(), fc.constantFrom('safe', 'double'), codecs), { seed, numRuns: schemaCount })
  .map(([schema, caseSeed, numbers, compress], i) => {
    const random = new Random(caseSeed)
    const payloads = Array.from({ length: payloadsPerSchema }, () => {
      const bytes = Buffer.from(payloadText(schema, random))
      return random.chance(0.15) ? Buffer.from(mutateBytes(bytes, random)) : bytes
    })
    const contract = contractOf(schema, { name: `c-${i}`, numbers, compress, limits: { maxKeys: 6 } })
    return { contract, schema, payloads }
  })

for (const { contract } of cases) file(`${contract.name}.lock.json`, contract.lock)

test.for(daemonKinds)(
  `%s agrees with the js engine (SIDELANE_SEED=${seed})`,
  { timeout: 120_000 },
  async (kind, context) => {
    needDaemon(kind, context)
    const socket = file(`${kind}.sock`)
    const contracts = cases.flatMap(({ contract }) => ['--contract', file(`${contract.name}.lock.json`)])
    const daemon = await startDaemon({ kind, args: ['--socket', socket, ...contracts, '--max-queue-ms', '60000'] })
    await using host = await createHost({ placement: 'sidecar', socket, deadlineMs: 60_000 })
    const js = createEngine('js')
    let compared = 0
    for (const { contract, schema, payloads } of cases) {
      const processor = host.processor(contract)
      const outcomes = await Promise.all(payloads.map((payload) => processor.process(payload)))
      const own = js.compile(contract)
      for (const [i, payload] of payloads.entries()) {
        const where = `schema ${JSON.stringify(schema)}\npayload ${JSON.stringify(payload.toString('latin1'))} (latin1)`
        expect(comparable(outcomes[i] as never), where).toEqual(comparable(own.process(payload, false)))
        compared++
      }
      own.dispose()
    }
    const metrics = (await ask(socket, '/metrics')).body.toString()
    const counts = [...metrics.matchAll(/^sidelane_requests_total\{[^}]*protocol="framed"[^}]*\} (\d+)$/gm)]
    expect(counts.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(compared)
    expect(compared).toBe(schemaCount * payloadsPerSchema)
    await host.close()
    expect(await daemon.stop()).toBe(0)
  },
)
