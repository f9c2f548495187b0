// What `sidelane process` reads besides lines of UTF-8: compressed input, UTF-16, arrays, and JSON over several lines.

import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { parseLines, Running, sidelane, temporaryFiles } from '../support/cli.ts'
import { needTool } from '../support/tools.ts'

const file = temporaryFiles()

const lockOf = (schema: object): string =>
  JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'visit', limits: { maxBytes: 1000 }, schema })
const visit = {
  type: 'object',
  properties: { n: { type: 'integer' }, name: { type: 'string' } },
  required: ['n'],
  additionalProperties: false,
}
const lock = file('visit.lock.json', lockOf(visit))
const list = file('list.lock.json', lockOf({ type: 'array', items: { type: 'integer' } }))
const inline = ['process', '--contract', lock, '--placement', 'inline', '--body', 'lines'] as const

interface Line {
  readonly line: number
  readonly item?: number
  readonly code?: string
  readonly detail?: string
}

/** The notes and rejects, without the summary. */
const notesOf = (stderr: string): string[] =>
  stderr.split('\n').filter((line) => line.startsWith('sidelane: the input'))
const rejectsOf = (stderr: string): Line[] => parseLines<Line>(stderr.replaceAll(/^sidelane: .*$/gm, ''))

const two = '{"n":1,"name":"é😀"}\n{"n":2}\n'

/** As iconv does it; `swap16` makes it big-endian. */
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le')

describe('compressed input', () => {
  it('reads gzip, also of several members, and from a pipe before its end', async () => {
    const [first, second] = two.split('\n').map((line) => `${line}\n`) as [string, string]
    const members = Buffer.concat([gzipSync(first), gzipSync(second)])
    expect(await sidelane([...inline, '--quiet'], { input: members })).toStrictEqual({
      status: 0,
      stdout: two,
      stderr: '',
    })
    const run = new Running([...inline])
    // Flushed and not ended.
    run.child.stdin.write(members.subarray(0, gzipSync(first).length))
    await run.lines(1)
    run.child.kill('SIGINT')
    expect(await run.ended).toMatchObject({ status: 130, stdout: first })
  })

  it('reports damaged gzip with the tally of what came before, and exits 1', async () => {
    const lines = Array.from({ length: 5000 }, (_, n) => `{"n":${n},"name":"${randomBytes(30).toString('hex')}"}\n`)
    const whole = gzipSync(lines.join(''))
    const { status, stdout, stderr } = await sidelane(inline, { input: whole.subarray(0, whole.length - 1000) })
    const read = stdout.split('\n').length - 1
    expect(status).toBe(1)
    expect(read).toBeGreaterThan(1000)
    expect(stdout).toBe(lines.slice(0, read).join(''))
    const tally = read.toLocaleString('en')
    expect(stderr).toMatch(new RegExp(`^sidelane: ${tally} payloads: ${tally} accepted, .*; stopped by an error\n`))
    expect(stderr).toMatch(/\nsidelane: The gzip input is damaged: unexpected end of file\n$/)
  })

  it('reads zstd of several frames, and reports damage', async (context) => {
    needTool('zstd', context)
    const zstd = (text: string): Buffer => execFileSync('zstd', ['-qc'], { input: text })
    const [first, second] = two.split('\n').map((line) => `${line}\n`) as [string, string]
    // A frame without content between them (RFC 8878, 3.1.2).
    const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2])
    const frames = Buffer.concat([skippable, zstd(first), skippable, zstd(second)])
    const source = file('two.ndjson.zst', frames)
    expect(await sidelane([...inline, '--quiet', '--in', source])).toStrictEqual({ status: 0, stdout: two, stderr: '' })
    for (const [input, words] of [
      [frames.subarray(0, frames.length - 1), 'it ends too early'],
      [Buffer.concat([frames, Buffer.from('more')]), 'bytes that are no frame follow'],
    ] as const) {
      const { status, stderr } = await sidelane(inline, { input })
      expect(status).toBe(1)
      expect(stderr).toContain(`\nsidelane: The zstd input is damaged: ${words}\n`)
    }
  })

  it.skipIf(process.platform !== 'linux')('holds a part of what it decompresses', async () => {
    // 150 MB in 150 KB.
    const input = gzipSync(Buffer.concat([Buffer.from('['), Buffer.alloc(150_000_000, ' '), Buffer.from('{"n":1}]')]))
    const source = file('blank.json.gz', input)
    const run = new Running([...inline, '--quiet', '--in', source])
    let most = 0
    const timer = setInterval(() => {
      try {
        most = Math.max(
          most,
          Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${run.child.pid}/status`, 'utf8'))?.[1] ?? 0),
        )
      } catch {
        // It has ended.
      }
    }, 10)
    const { status, stdout } = await run.ended
    clearInterval(timer)
    expect({ status, stdout }).toStrictEqual({ status: 0, stdout: '{"n":1}\n' })
    expect(most).toBeGreaterThan(0)
    expect(most / 1024).toBeLessThan(200)
  })

  it('is also read by inspect', async () => {
    const results = (await sidelane(['process', '--contract', lock, '--placement', 'inline'], { input: two })).stdout
    const { status, stdout } = await sidelane(['inspect', '--contract', lock], { input: gzipSync(results) })
    expect({ status, stdout }).toStrictEqual({ status: 0, stdout: two })
  })
})

describe('UTF-16 and byte order marks', () => {
  it.each<[string, Buffer, string]>([
    ['little-endian with a mark', utf16(`\ufeff${two}`), 'little-endian'],
    ['big-endian with a mark', utf16(`\ufeff${two}`).swap16(), 'big-endian'],
    ['little-endian without a mark', utf16(two), 'little-endian'],
    ['big-endian without a mark', utf16(two).swap16(), 'big-endian'],
    ['compressed', gzipSync(utf16(`\ufeff${two}`)), 'little-endian'],
  ])('reads UTF-16, %s, and says so once', async (_, input, order) => {
    const { status, stdout, stderr } = await sidelane(inline, { input })
    expect({ status, stdout }).toStrictEqual({ status: 0, stdout: two })
    expect(notesOf(stderr)).toStrictEqual([`sidelane: the input is UTF-16 (${order}): it is read as UTF-8`])
  })

  it('reads UTF-16 in pieces of any size', async () => {
    const run = new Running([...inline, '--quiet'])
    for (const byte of utf16(`\ufeff${two}`)) {
      run.child.stdin.write(Uint8Array.of(byte))
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    run.child.stdin.end()
    expect(await run.ended).toStrictEqual({ status: 0, stdout: two, stderr: '' })
  })

  it('rejects only the payload with half of a surrogate pair', async () => {
    const input = Buffer.concat([
      utf16('\ufeff{"n":1,"name":"\ud83d"}\n{"n":2,"name":"\ude00"}\n{"n":3}\n'),
      Buffer.of(0x7b),
    ])
    const { status, stdout, stderr } = await sidelane(inline, { input })
    expect({ status, stdout }).toStrictEqual({ status: 1, stdout: '{"n":3}\n' })
    expect(rejectsOf(stderr).map(({ line, code }) => [line, code])).toStrictEqual([
      [1, 'parse.utf8'],
      [2, 'parse.utf8'],
      [4, 'parse.utf8'],
    ])
  })

  it('skips the mark of UTF-8 at the start, and names UTF-32', async () => {
    const marked = await sidelane([...inline, '--quiet'], { input: `\ufeff${two}` })
    expect(marked).toStrictEqual({ status: 0, stdout: two, stderr: '' })
    const wide = Buffer.from(Uint32Array.from(two, (character) => character.codePointAt(0) as number).buffer)
    const { status, stderr } = await sidelane(inline, { input: wide })
    expect(status).toBe(1)
    expect(stderr).toContain('The input is UTF-32: convert it first')
  })
})

const arrayNote = 'sidelane: the input is a JSON array: each item is a payload (--input ndjson: each line)'
const valuesNote = 'sidelane: the input is JSON over several lines: each value is a payload (--input ndjson: each line)'

describe('JSON that is not lines', () => {
  it.each([undefined, 2])('reads the items of an array with an indentation of %s, and says so once', async (indent) => {
    const payloads = Array.from({ length: 500 }, (_, n) => ({ n }))
    const input = JSON.stringify(payloads, undefined, indent)
    const { status, stdout, stderr } = await sidelane(inline, { input })
    expect({ status, stdout }).toStrictEqual({ status: 0, stdout: payloads.map(({ n }) => `{"n":${n}}\n`).join('') })
    expect(stderr).toMatch(/\nsidelane: 500 payloads: 500 accepted, /)
    expect(notesOf(stderr)).toStrictEqual([arrayNote])
  })

  it('reads pretty-printed values, and gives line and item of results and rejects', async () => {
    const input = '{\n  "n": 1\n}\n{\n  "n": "2"\n}\n{ "n": 3 }\n{"n":\n4'
    const { status, stdout, stderr } = await sidelane([...inline, '--body', 'none'], { input })
    expect(status).toBe(1)
    expect(notesOf(stderr)).toStrictEqual([valuesNote])
    expect(parseLines<Line>(stdout).map(({ line, item }) => [line, item])).toStrictEqual([
      [1, 1],
      [7, 3],
    ])
    expect(rejectsOf(stderr)).toMatchObject([
      { line: 4, item: 2, code: 'validate.failed', detail: 'The value at /n must be of type integer.' },
      { line: 8, item: 4, code: 'parse.syntax' },
    ])
  })

  it('names the line and the column of the input in the sentence of a reject', async () => {
    const reject = '[{"n":1}, {"n":1,},\n{\n"n" 2}]'
    const array = await sidelane(inline, { input: reject })
    expect(rejectsOf(array.stderr).map(({ detail }) => detail?.split(': ')[0])).toStrictEqual([
      'At line 1, column 8 of item 2',
      'At line 3, column 5',
    ])
    const lines = await sidelane(inline, { input: '{"n":1}\n\n{"n":1,}\n{"n":1,\r}\n' })
    expect(rejectsOf(lines.stderr).map(({ line, detail }) => [line, detail?.split(': ')[0]])).toStrictEqual([
      [3, 'At line 3, column 8'],
      [4, 'At line 2, column 1 of line 4'],
    ])
  })

  it('says where an array is not one', async () => {
    const { status, stdout, stderr } = await sidelane([...inline, '--quiet'], { input: '[{"n":1}\n {"n":2},\n' })
    expect({ status, stdout }).toStrictEqual({ status: 1, stdout: '{"n":1}\n{"n":2}\n' })
    expect(rejectsOf(stderr).map(({ line, code, detail }) => [line, code, detail])).toStrictEqual([
      [2, 'parse.syntax', 'Line 2: expected "," or "]" behind an item of the array.'],
      [1, 'parse.syntax', 'The array that begins on line 1 has no end.'],
    ])
  })

  it('writes no note with --quiet or a given form', async () => {
    const input = '[{"n":1},{"n":2}]'
    const wide = await sidelane([...inline, '--quiet'], { input: utf16('\ufeff[{"n":"1"}]') })
    expect(parseLines<Line>(wide.stderr).map(({ detail }) => detail)).toStrictEqual([
      'The value at /n must be of type integer.',
    ])
    for (const extra of [['--quiet'], ['--input', 'json'], ['--input', 'array']]) {
      const { status, stdout, stderr } = await sidelane([...inline, ...extra], { input })
      expect({ status, stdout }).toStrictEqual({ status: 0, stdout: '{"n":1}\n{"n":2}\n' })
      expect(notesOf(stderr)).toStrictEqual([])
    }
    const lines = await sidelane([...inline, '--quiet', '--input', 'ndjson'], { input })
    expect(rejectsOf(lines.stderr)).toMatchObject([{ line: 1, code: 'validate.failed' }])
    const wrong = await sidelane([...inline, '--input', 'orders.ndjson'])
    expect(wrong).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('one of "auto", "ndjson", "json", "array"'),
    })
  })

  it('takes arrays for payloads where the contract accepts them', async () => {
    const args = ['process', '--contract', list, '--placement', 'inline', '--body', 'lines', '--quiet']
    const expected = { status: 0, stdout: '[1,2]\n[3]\n', stderr: '' }
    expect(await sidelane(args, { input: '[1,2]\n[3]\n' })).toStrictEqual(expected)
    expect(await sidelane(args, { input: '[\n  1,\n  2\n]\n[3]\n' })).toStrictEqual(expected)
    expect(await sidelane([...args, '--input', 'array'], { input: '[[1,2],\n[3]]' })).toStrictEqual(expected)
    expect(await sidelane(args, { input: '[[1,2],[3]]' })).toMatchObject({ status: 1, stdout: '' })
  })

  it('keeps NDJSON whose first line is broken', async () => {
    const { stdout, stderr } = await sidelane([...inline, '--quiet'], { input: '{"n":1,\n{"n":2}\n{"n":3}\n' })
    expect(stdout).toBe('{"n":2}\n{"n":3}\n')
    expect(rejectsOf(stderr).map(({ line, code }) => [line, code])).toStrictEqual([[1, 'parse.syntax']])
  })

  it('rejects values beyond the limit of the contract, and reads on', async () => {
    const input = `[{"n":1},{"n":2,"name":"${'x'.repeat(3_000_000)}"},\n{"n":3}]`
    const { stdout, stderr } = await sidelane([...inline, '--quiet'], { input })
    expect(stdout).toBe('{"n":1}\n{"n":3}\n')
    expect(rejectsOf(stderr)).toMatchObject([
      { line: 1, item: 2, code: 'limit.bytes', detail: 'The value that begins on line 1 is longer than 1000 bytes.' },
    ])
  })

  it('drops an incomplete value on ^C', async () => {
    const run = new Running([...inline, '--quiet'])
    run.child.stdin.write('[{"n":1},\n{"n":')
    await run.lines(1)
    run.child.kill('SIGINT')
    expect(await run.ended).toStrictEqual({ status: 130, stdout: '{"n":1}\n', stderr: '' })
  })
})
