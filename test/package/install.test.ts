// The first minute of a user: the package installs from its tarball and processes a payload.
import { expect, test } from 'vitest'
import { freshProject } from '../support/tarball.ts'

const app = `
import { createProcessor, defineContract } from 'sidelane'
import * as z from 'zod'

const contract = defineContract({ name: 'order', schema: z.object({ id: z.int() }) })
const processor = await createProcessor(contract)
const outcome = await processor.process('{"id": 7}')
console.log(outcome.ok, outcome.codec, outcome.bytesIn)
await processor.close()
`

test('npm i, and a first compressed payload', async () => {
  const startedAt = performance.now()
  const project = await freshProject({ packages: ['zod@4.6.7'], files: { 'app.js': app } })
  expect(await project.output('node', ['app.js'])).toMatch(/^true gzip/)
  console.log(`from npm i to the first compressed payload: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
})
