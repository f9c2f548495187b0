// `sidelane contract check`, run as a program.
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from 'vitest'
import { sidelane, temporaryFiles } from '../support/cli.ts'

const file = temporaryFiles()
const source = fileURLToPath(new URL('fixtures/order.contract.ts', import.meta.url))
const lockOf = (sku: string): string =>
  JSON.stringify({
    profile: 'p1',
    unicode: '15.0',
    name: 'order',
    schema: { type: 'object', properties: { [sku]: { type: 'string' } }, required: [sku], additionalProperties: false },
  })
const lock = file('order.lock.json')
const [old, next] = [file('old.json', lockOf('sku')), file('new.json', lockOf('code'))]

beforeAll(async () => {
  await sidelane(['contract', 'export', source, '-o', lock])
})

it('exits 0 when lock and source have the same meaning', async () => {
  expect(await sidelane(['contract', 'check', lock, '--source', source])).toEqual({
    status: 0,
    stdout: 'order: no change in meaning\n',
    stderr: '',
  })
})

it('exits 1 and lists the changes between two locks', async () => {
  expect(await sidelane(['contract', 'check', old, next], { env: { NO_COLOR: '1' } })).toMatchObject({
    status: 1,
    stdout: 'order: the meaning changed\n  field `sku` renamed to `code`: old payloads are rejected\n',
  })
})

it('prints the changes as one JSON object with --json', async () => {
  const { stdout } = await sidelane(['contract', 'check', old, '--source', source, '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ code: 'contract.stale', old: { name: 'order' } })
  const none = await sidelane(['contract', 'check', old, old, '--json'])
  expect(JSON.parse(none.stdout)).toMatchObject({ code: null, changes: [] })
})

it.each([
  [['contract', 'check', old]],
  [['contract', 'check', old, next, '--source', source]],
  [['contract', 'check', old, file('gone.json')]],
])('exits 2 on a usage error, case %#', async (args) => {
  expect(await sidelane(args)).toMatchObject({ status: 2, stdout: '' })
})
