import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, it } from 'vitest'
import { readPayloads } from '../../../src/cli/decide/read-payloads.ts'
import { openSamples } from '../../../src/cli/input/sample-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'sidelane-read-payloads-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const line = (id: number): string => `{"id":${id},"text":"${'x'.repeat(1_500_000)}"}\n`
const large = `\uFEFF${Array.from({ length: 48 }, (_, id) => line(id)).join('')}`

it('takes each line of a large file once, without the byte order mark', () => {
  const file = join(folder, 'large.ndjson')
  writeFileSync(file, large)
  const { payloads, read, isSample } = readPayloads(openSamples(file))
  expect({ read, isSample }).toEqual({ read: 48, isSample: true })
  expect(payloads.map((bytes) => Buffer.from(bytes).subarray(0, 7).toString())).toEqual(['{"id":0'])
})

it.each([
  ['UTF-16', Buffer.from(large.slice(0, 36_000_000), 'utf16le')],
  ['gzip', gzipSync(large, { level: 0 })],
])('decodes a large file of lines in %s', (_, content) => {
  const file = join(folder, 'encoded.ndjson')
  writeFileSync(file, content)
  const { payloads } = readPayloads(openSamples(file))
  expect(payloads.map((bytes) => Buffer.from(bytes).subarray(0, 7).toString())).toEqual(['{"id":0'])
})
