// What the commands say about a file that is not what they need.

import { mkdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { sidelane, temporaryFiles } from '../support/cli.ts'

const file = temporaryFiles()
const lock = file(
  'visit.lock.json',
  JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'visit', schema: { type: 'integer' } }),
)
const folder = file('folder')
mkdirSync(folder)
const result = { line: 1, digest: 'ab', inBytes: 1, canonicalBytes: 1, outBytes: 1, codec: 'gzip', body: '' }

describe('a file given as a lock', () => {
  it.each<[string, string, Uint8Array | string, string]>([
    [
      'NDJSON',
      'mine.ndjson',
      '{"n":1}\n{"n":2}\n',
      'a file of payloads, not a lock; make one with: sidelane contract infer ',
    ],
    ['long NDJSON', 'long.ndjson', '{"n":1}\n'.repeat(100_000), 'is a file of payloads, not a lock'],
    ['more than a lock may have', 'large.ndjson', '{"n":1}\n'.repeat(2_200_000), 'is a file of payloads, not a lock'],
    ['an array of payloads', 'mine.json', '[\n  {"n":1}\n]\n', 'is a file of payloads, not a lock'],
    ['one payload', 'one.json', '{"n":1}', 'is JSON, but not a lock; if it is a payload'],
    ['results', 'out.ndjson', `${JSON.stringify(result)}\n`.repeat(2), 'holds results of sidelane process, not a lock'],
    ['TypeScript', 'order.contract.ts', 'export default 1', '-o order.lock.json'],
    [
      'a module',
      'order.js',
      'export default 1',
      'is a module, not a lock; write its lock with: sidelane contract export ',
    ],
    ['JSON Schema', 'order.schema.json', '{"type":"object","properties":{}}', '-o order.lock.json --name order'],
    [
      'OpenAPI',
      'openapi.json',
      '{"openapi":"3.1.0"}',
      'is a JSON Schema, not a lock; make one with: sidelane contract import ',
    ],
    ['YAML', 'order.yaml', 'type: object\n', 'is YAML, not a lock'],
    ['gzip', 'visit.lock.json.gz', gzipSync('{}'), 'is compressed, and a lock is not'],
    ['UTF-16', 'ps.lock.json', Buffer.from('\ufeff{}', 'utf16le'), 'is UTF-16, and a lock is UTF-8'],
    ['nothing', 'empty.lock.json', '', 'is empty, not a lock'],
  ])('is explained where it is %s', async (_, name, content, words) => {
    const path = file(name, content)
    for (const args of [
      ['process', '--contract', path],
      ['contract', 'show', path],
    ]) {
      const { status, stdout, stderr } = await sidelane(args)
      expect({ status, stdout }).toStrictEqual({ status: 2, stdout: '' })
      expect(stderr).toMatch(/^sidelane: .*\nTry: sidelane .* --help\n$/)
      expect(stderr).toContain(path)
      expect(stderr).toContain(words)
    }
  })

  it('that is a lock with a defect keeps its error and exit code 1', async () => {
    for (const content of ['{"profile":"p2","schema":{}}', '{"unicode":"15.0","schema":true}', '{\n"profile":']) {
      const { status, stderr } = await sidelane(['process', '--contract', file('broken.lock.json', content)])
      expect(status).toBe(1)
      expect(stderr).toMatch(/^sidelane: contract\./)
    }
  })

  it('that is missing, or a directory, names the locks there', async () => {
    mkdirSync(file('locks'))
    const near = file('locks/order.lock.json', '{}')
    for (const path of [file('locks/order.json'), file('locks')]) {
      const { status, stderr } = await sidelane(['process', '--contract', path])
      expect(status).toBe(2)
      expect(stderr).toContain(`; did you mean ${near}?\n`)
    }
    const { stderr } = await sidelane(['process', '--contract', folder])
    expect(stderr).toMatch(/: it is a directory, not a regular file\n/)
  })
})

describe('a directory', () => {
  const process = ['process', '--contract', lock, '--placement', 'inline']
  it.each<[string, readonly string[]]>([
    ['as the input', [...process, '--in', folder]],
    ['as the output', [...process, '--out', folder]],
    ['for the rejects', [...process, '--rejects', folder]],
    ['of results', ['inspect', '--in', folder]],
    ['of samples', ['contract', 'infer', folder, '-o', '-']],
    ['for a draft', ['contract', 'infer', file('n.ndjson', '{"n":1}\n'), '-o', folder, '--force']],
    ['for a lock', ['contract', 'import', file('s.json', '{"type":"object"}'), '-o', folder, '--name', 'visit']],
  ])('%s is a usage error', async (_, args) => {
    const { status, stdout, stderr } = await sidelane(args)
    expect({ status, stdout }).toStrictEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^sidelane: Cannot (?:read|write) .*: it is a directory(?:, not a regular file)?\n/)
    expect(stderr).toContain(folder)
  })
})
