// The short form of `npm run prove:queue`: a worker is killed, Redis is stopped and started under AOF everysec, and killed under
// AOF always. bench/record/queue-proof.json is the record of the long one.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { problemsOf, prove, type Proof } from '../../bench/queue/proof.ts'
import { findRedis } from '../../bench/queue/redis-server.ts'

const payloads = 5000

test('each payload has one result while workers and Redis are killed', async (context) => {
  if (findRedis() === undefined) context.skip('redis-server is not installed')
  expect(problemsOf(await prove({ payloads, workers: 2, seed: 1 }), payloads)).toEqual([])
})

test('the record of the long proof is one', () => {
  const record = new URL('../../bench/record/queue-proof.json', import.meta.url)
  const proof = JSON.parse(readFileSync(record, 'utf8')) as Proof
  expect(problemsOf(proof, 200_000)).toEqual([])
  expect(proof.workerKills).toBeGreaterThan(20)
  expect(proof.blockedSamples).toBeGreaterThan(0)
})
