// Every placement compresses by the tables of the lock that it was given, and two locks of one id do not share bodies.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { makeOrders } from '../../bench/payloads/orders.ts'
import { createHost, createProcessor, type Accepted, type HostOptions } from '../../src/index.ts'
import { trainContract } from '../../src/train/index.ts'
import { contractOf } from '../support/locks.ts'
import { needEngine } from '../support/need.ts'

const plain = contractOf({})
const { contract: trained } = trainContract(plain, makeOrders({ count: 60, seed: 1 }))
const payload = makeOrders({ count: 1, seed: 2 })[0] as Uint8Array
const hex = (outcome: unknown): string => Buffer.from((outcome as Accepted).body).toString('hex')

const sidelaned = fileURLToPath(new URL('../../native/sidelaned', import.meta.url))
const placements: readonly [string, HostOptions][] = [
  ['pool', { placement: 'pool', engine: 'native', threads: 1 }],
  ['sidelaned', { placement: 'sidecar', launch: { daemon: 'sidelaned' } }],
  ['the Node daemon', { placement: 'sidecar', engine: 'native', launch: { daemon: 'node' } }],
]

test.for(placements)('%s writes the bodies of inline', async ([name, options], context) => {
  needEngine('native', context)
  if (name === 'sidelaned' && !existsSync(sidelaned)) context.skip('sidelaned is not built')
  await using inline = await createProcessor(trained, { placement: 'inline', engine: 'native' })
  await using other = await createProcessor(trained, { ...options, deadlineMs: 20_000 })
  expect(hex(await other.process(payload))).toBe(hex(await inline.process(payload)))
})

test.for(['inline', 'pool'] as const)('two locks of one id in one host: %s', async (placement, context) => {
  needEngine('native', context)
  await using host = await createHost({ placement, engine: 'native', ...(placement === 'pool' && { threads: 1 }) })
  const bodies = []
  for (const contract of [plain, trained, plain]) {
    await using processor = host.processor(contract)
    bodies.push(hex(await processor.process(payload)))
  }
  expect(plain.id).toBe(trained.id)
  expect(bodies[0]).toBe(bodies[2])
  expect(bodies[0]).not.toBe(bodies[1])
})
