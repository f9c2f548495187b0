// The forms of files that `sidelane contract infer` reads its samples from.

import { execFileSync } from 'node:child_process'
import { truncateSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { openSamples } from '../../src/cli/input/sample-files.ts'
import { shell, sidelane, temporaryFiles } from '../support/cli.ts'
import { needTool } from '../support/tools.ts'

const file = temporaryFiles()
const infer = (path: string): ReturnType<typeof sidelane> => sidelane(['contract', 'infer', path, '-o', '-'])
const lines = '{"a":1}\n{"a":2}\n{"a":3}\n'
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le')

it.each<[string, string, Uint8Array | string]>([
  ['a byte order mark', 'bom.ndjson', `\ufeff${lines}`],
  ['UTF-16', 'wide.ndjson', utf16(`\ufeff${lines}`)],
  ['gzip', 'lines.ndjson.gz', gzipSync(lines)],
  ['a compressed array in UTF-16', 'array.json.gz', gzipSync(utf16('\ufeff[{"a":1},{"a":2},\n{"a":3}]'))],
  ['values over several lines', 'pretty.ndjson', '{\n "a": 1\n}\n{\n "a": 2\n}\n{"a":3}'],
  ['an array over several lines', 'array.json', '[\n {"a":1},\n {"a":2},\n {"a":3}\n]\n'],
  ['lines under another name', 'lines.txt', lines],
])('reads %s', async (_, name, content) => {
  const { status, stdout } = await infer(file(name, content))
  expect(status).toBe(0)
  expect(stdout).toContain(`inferred from 3 samples in ${name}`)
})

it('reads zstd of several frames', async (context) => {
  needTool('zstd', context)
  const frames = lines.split(/(?<=\n)/).map((line) => execFileSync('zstd', ['-qc'], { input: line }))
  const { stdout, stderr } = await infer(file('orders.ndjson.zst', Buffer.concat(frames)))
  expect(stdout).toContain('inferred from 3 samples in orders.ndjson.zst')
  expect(stdout).toContain("name: 'orders'")
  expect(stderr).toContain('orders: draft that accepts 3 samples')
})

it('takes the lines of a file of lines for samples, also where they are arrays', async () => {
  const { stdout } = await infer(file('pairs.ndjson', '[1,2]\n[3,4]\n[5,6]\n'))
  expect(stdout).toContain('inferred from 3 samples')
  expect(stdout).toMatch(/z\.(?:array|tuple)\(/)
})

it('keeps the digits of integers in an array', async () => {
  const { stdout, stderr } = await infer(file('big.json', '[{"id":1},\n{"id":9007199254740993}]'))
  expect(stdout).toContain("numbers: 'int64'")
  expect(stderr).toContain('item 2, line 2: an integer beyond 2^53 - 1 at /id')
})

it('reports what is no sample by item and line, and reads on', async () => {
  const { status, stdout, stderr } = await infer(file('broken.json', '[{"a":1},\n{"a":1,"a":2},\n{"a":3}\n{"a":4}'))
  expect(status).toBe(0)
  expect(stderr).toContain('item 2, line 2: parse.duplicate_key')
  expect(stderr).toContain('item 4, line 4: parse.syntax')
  expect(stdout).toContain('inferred from 3 samples')
})

it.each<[string, Uint8Array, string]>([
  ['damaged gzip', gzipSync(lines).subarray(0, 20), 'The gzip input is damaged: unexpected end of file'],
  ['UTF-32', Buffer.from(Uint32Array.from('{"a":1}', (c) => c.codePointAt(0) as number).buffer), 'The input is UTF-32'],
  ['xz', Buffer.from('fd377a585a000004e6d6b446', 'hex'), 'The input is xz: decompress it first, with `xz -dc`'],
  ['bzip2', Buffer.from('425a6839314159265359', 'hex'), 'The input is bzip2'],
  ['lz4', Buffer.from('04224d186440a7', 'hex'), 'The input is lz4'],
  ['zip', Buffer.from('504b0304140000000800', 'hex'), 'The input is a zip archive'],
])('refuses %s', async (_, content, words) => {
  const { status, stdout, stderr } = await infer(file('refused.json', content))
  expect({ status, stdout }).toStrictEqual({ status: 1, stdout: '' })
  expect(stderr).toContain(`Cannot read the sample file ${file('refused.json')}: ${words}`)
})

it('reads a file with a byte order mark in chunks, so it may be larger than a sample', () => {
  const large = file('large.ndjson', `\ufeff${lines}`)
  truncateSync(large, 300_000_000)
  for (const sample of openSamples(large)) {
    expect(Buffer.from(sample).toString()).toBe('{"a":1}')
    break
  }
})

it.each<[string, Uint8Array | string]>([
  ['lines', lines],
  ['gzip', gzipSync(lines)],
  ['UTF-16 of an array', utf16('\ufeff[{"a":1},{"a":2},\n{"a":3}]')],
])('reads %s from stdin', async (_, input) => {
  const { status, stdout } = await sidelane(['contract', 'infer', '-', '-o', '-'], { input })
  expect(status).toBe(0)
  expect(stdout).toContain('inferred from 3 samples in stdin')
  expect(stdout).toContain("name: 'payload'")
})

it('refuses damaged gzip on stdin', async () => {
  const input = gzipSync(lines).subarray(0, 20)
  const { status, stdout, stderr } = await sidelane(['contract', 'infer', '-', '-o', '-'], { input })
  expect({ status, stdout }).toStrictEqual({ status: 1, stdout: '' })
  expect(stderr).toContain('Cannot read the sample file stdin: The gzip input is damaged: unexpected end of file')
})

it.skipIf(process.platform === 'win32')('refuses a directory as stdin', async () => {
  const { status, stderr } = await shell('"$@" < /', ['contract', 'infer', '-', '-o', '-'])
  expect(status).toBe(2)
  expect(stderr).toContain('Cannot read stdin: it is a directory')
})
