// `sidelane inspect`, run as a program: decodes the results of process, and reports damaged ones.

import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseLines, Running, sidelane, temporaryFiles } from '../support/cli.ts'

const file = temporaryFiles()

const lockOf = (fields: object = {}): string =>
  JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'any', schema: {}, ...fields })
const lock = file('any.lock.json', lockOf())

const key = file('digest.key', 'a key of no fewer than 16 bytes')
const otherKey = file('other.key', 'another key of 16 bytes or more')

const payloads = ['{"a":1,"ä":"é\\n"}', '[1,2,3]', '"text"', '{"10":1,"9":2}']
const input = payloads.join('\n')

const processed = async (contract: string, ...more: string[]): Promise<string> => {
  const args = ['process', '--contract', contract, '--placement', 'inline', '--quiet', ...more]
  const { status, stdout, stderr } = await sidelane(args, { input })
  expect({ status, stderr }).toStrictEqual({ status: 0, stderr: '' })
  return stdout
}

interface Damaged {
  line: number
  digest: string | null
  canonicalBytes: number
  outBytes: number
  codec: string
  body: string
}

describe('sidelane inspect', () => {
  let results = ''
  beforeAll(async () => {
    results = await processed(lock)
  })

  it('prints the payloads of the results of process, one a line', async () => {
    const { status, stdout, stderr } = await sidelane(['inspect'], { input: results })
    expect({ status, stdout }).toStrictEqual({ status: 0, stdout: `${payloads.join('\n')}\n` })
    expect(stderr).toMatch(/^sidelane: 4 results: 4 valid, 0 defective; /)
  })

  it.each([
    ['gzip', { codec: 'gzip', level: 9 }],
    ['deflate', { codec: 'deflate' }],
    ['deflate-raw', { codec: 'deflate-raw' }],
    ['none', { codec: 'none' }],
  ])('reads back codec %s, with the contract', async (codec, compress) => {
    const contract = file(`${codec}.lock.json`, lockOf({ compress }))
    const { status, stdout } = await sidelane(['inspect', '--contract', contract], { input: await processed(contract) })
    expect({ status, stdout }).toStrictEqual({ status: 0, stdout: `${payloads.join('\n')}\n` })
  })

  it('reads a canonical form that is part of the result', async () => {
    const { status, stdout } = await sidelane(['inspect'], { input: await processed(lock, '--body', 'canonical') })
    expect({ status, stdout }).toStrictEqual({ status: 0, stdout: `${payloads.join('\n')}\n` })
  })

  it('verifies keyed digests, only with the right key', async () => {
    const contract = file('keyed.lock.json', lockOf({ digest: 'hmac-sha-256' }))
    const keyed = await processed(contract, '--digest-key-file', key)
    const right = await sidelane(['inspect', '--digest-key-file', key, '--quiet'], { input: keyed })
    expect(right).toStrictEqual({ status: 0, stdout: `${payloads.join('\n')}\n`, stderr: '' })
    for (const args of [['--digest-key-file', otherKey], []]) {
      const wrong = await sidelane(['inspect', '--quiet', ...args], { input: keyed })
      expect(wrong).toMatchObject({ status: 1, stdout: '' })
      expect(parseLines(wrong.stderr)).toMatchObject(payloads.map(() => ({ code: 'digest.mismatch' })))
    }
    const without = await sidelane(['inspect', '--contract', contract], { input: keyed })
    expect(without).toMatchObject({ status: 2, stdout: '' })
  })

  it('counts results without a digest', async () => {
    const contract = file('bare.lock.json', lockOf({ digest: 'none' }))
    const { status, stderr } = await sidelane(['inspect', '--contract', contract], { input: await processed(contract) })
    expect(status).toBe(0)
    expect(stderr).toContain('4 valid, 0 defective, 4 without a digest')
  })

  const body = (change: (bytes: Buffer) => Uint8Array) => (line: Damaged) => {
    const bytes = change(Buffer.from(line.body, 'base64'))
    return { ...line, outBytes: bytes.length, body: Buffer.from(bytes).toString('base64') }
  }
  it.each([
    ['a body cut off', 'codec.corrupt', body((bytes) => bytes.subarray(0, -9))],
    ['a trailing byte', 'codec.corrupt', body((bytes) => Buffer.concat([bytes, Buffer.of(0)]))],
    ['a second member', 'codec.corrupt', body((bytes) => Buffer.concat([bytes, gzipSync('')]))],
    ['a wrong checksum', 'codec.corrupt', body((bytes) => bytes.fill(0, bytes.length - 8, bytes.length - 4))],
    ['different content', 'digest.mismatch', body(() => gzipSync(payloads[0]?.replace('1', '2') ?? ''))],
    ['longer content', 'size.mismatch', body(() => gzipSync('0'.repeat(1_000_000)))],
    ['shorter content', 'size.mismatch', body(() => gzipSync('0'))],
    ['a wrong size of the body', 'size.mismatch', (line: Damaged) => ({ ...line, outBytes: 1 })],
    ['content that is too large', 'limit.output', (line: Damaged) => ({ ...line, canonicalBytes: 1_000_001 })],
    ['a codec other than the contract’s', 'codec.mismatch', (line: Damaged) => ({ ...line, codec: 'deflate' })],
    ['a missing digest', 'digest.mismatch', (line: Damaged) => ({ ...line, digest: null })],
    ['an unknown codec', 'line.malformed', (line: Damaged) => ({ ...line, codec: 'lzma' })],
    ['an upper-case digest', 'line.malformed', (line: Damaged) => ({ ...line, digest: line.digest?.toUpperCase() })],
    [
      'a body that is not base64',
      'line.malformed',
      (line: Damaged) => ({ ...line, body: `${line.body.slice(0, -2)}*` }),
    ],
    ['no body', 'line.malformed', (line: Damaged) => ({ ...line, body: undefined })],
    [
      'a reject',
      'line.malformed',
      () => ({ line: 1, code: 'parse.syntax', status: 400, issues: [], truncated: false }),
    ],
    ['an array', 'line.malformed', () => []],
  ])('reports %s with its line number and code %s, and continues', async (_, code, damage) => {
    const [first, ...others] = results.trimEnd().split('\n')
    const damaged = JSON.stringify(damage(JSON.parse(first as string) as Damaged))
    const args = ['inspect', '--contract', lock, '--max-bytes', '1000000', '--quiet']
    const { status, stdout, stderr } = await sidelane(args, { input: ['', damaged, ...others].join('\n') })
    expect({ status, stdout }).toStrictEqual({ status: 1, stdout: `${payloads.slice(1).join('\n')}\n` })
    expect(parseLines(stderr)).toStrictEqual([{ line: 2, code, detail: expect.any(String) }])
  })

  it('reports lines that are not JSON, not UTF-8, or too long', async () => {
    const lines = ['{', Buffer.of(0x22, 0xff, 0x22), `{"line":"${'x'.repeat(300_000)}"}`]
    const bytes = Buffer.concat(lines.map((line) => Buffer.concat([Buffer.from(line), Buffer.from('\n')])))
    const { status, stderr } = await sidelane(['inspect', '--quiet', '--max-bytes', '1000'], { input: bytes })
    expect(status).toBe(1)
    expect(parseLines<{ code: string }>(stderr).map(({ code }) => code)).toStrictEqual([
      'line.malformed',
      'line.malformed',
      'limit.output',
    ])
  })

  it('stops on ^C and prints the summary', async () => {
    const run = new Running(['inspect'])
    run.child.stdin.write(results)
    await run.lines(4)
    run.child.kill('SIGINT')
    const { status, stderr } = await run.ended
    expect(status).toBe(130)
    expect(stderr).toMatch(/^sidelane: 4 results: 4 valid, .*; interrupted\n$/)
  })
})

describe('sidelane inspect --codec', () => {
  const content = '{"a":[1,2,3]}'
  const digest = createHash('sha256').update(content).digest('hex')

  it('reads one raw body from a file or from stdin', async () => {
    const path = file('body.gz', gzipSync(content))
    const fromFile = await sidelane(['inspect', '--codec', 'gzip', path])
    expect(fromFile).toStrictEqual({ status: 0, stdout: `${content}\n`, stderr: '' })
    const args = ['inspect', '--codec', 'gzip', '--digest', digest]
    expect(await sidelane(args, { input: gzipSync(content) })).toStrictEqual(fromFile)
  })

  it.each([
    ['codec.corrupt', [], Buffer.concat([gzipSync(content), gzipSync(content)])],
    ['digest.mismatch', ['--digest', digest], gzipSync('{}')],
    ['limit.output', ['--max-bytes', '12'], gzipSync(content)],
    ['limit.output', ['--max-bytes', '1'], gzipSync(Buffer.from(Array.from({ length: 9999 }, (_, i) => i * i)))],
    ['content.malformed', [], gzipSync('{"a":')],
  ])('exits 1 with %s', async (code, args, input) => {
    const { status, stdout, stderr } = await sidelane(['inspect', '--codec', 'gzip', ...args], { input })
    expect({ status, stdout }).toStrictEqual({ status: 1, stdout: '' })
    expect(parseLines(stderr)).toStrictEqual([{ code, detail: expect.any(String) }])
  })

  it.each([
    [['inspect', 'results.ndjson'], 'A FILE goes with --codec'],
    [['inspect', '--codec', 'zip'], 'one of "gzip", "deflate"'],
    [['inspect', '--codec', 'gzip', 'gone.gz'], 'There is no file gone.gz'],
    [['inspect', '--digest', digest], '--digest goes with --codec'],
    [['inspect', '--codec', 'gzip', '--digest', 'abc'], '64 lower-case hex digits'],
    [['inspect', '--max-bytes', '0'], 'an integer from 1'],
  ])('exits 2 for %j', async (args, words) => {
    const { status, stdout, stderr } = await sidelane(args)
    expect({ status, stdout }).toStrictEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(words)
  })
})

it.skipIf(process.platform === 'win32').each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('on %s while it reads one body, ends without a message', async (signal, status) => {
  const run = new Running(['inspect', '--codec', 'gzip', '--in', '-'])
  // More than a pipe holds: when it is written, the job reads, and handles signals.
  await new Promise((resolve) => run.child.stdin.write('x'.repeat(2_000_000), resolve))
  run.child.kill(signal)
  expect(await run.ended).toStrictEqual({ status, stdout: '', stderr: '' })
})
