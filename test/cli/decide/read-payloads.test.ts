import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readPayloads } from '../../../src/cli/decide/read-payloads.ts'

const folder = mkdtempSync(join(tmpdir(), 'sidelane-read-payloads-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('takes each line of a large file once, without the byte order mark', () => {
  const file = join(folder, 'large.ndjson')
  const line = (id: number): string => `{"id":${id},"text":"${'x'.repeat(1_500_000)}"}\n`
  writeFileSync(file, `\uFEFF${Array.from({ length: 48 }, (_, id) => line(id)).join('')}`)
  const { payloads, read, isSample } = readPayloads(file)
  expect({ read, isSample }).toEqual({ read: 48, isSample: true })
  expect(payloads.map((bytes) => Buffer.from(bytes).subarray(0, 7).toString())).toEqual(['{"id":0'])
})
