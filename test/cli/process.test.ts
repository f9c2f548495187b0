// `sidelane process`, run as a program: results, rejects, files, ^C, closed outputs, memory.

import { createHash, createHmac } from 'node:crypto'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { parseLines, Running, shell, sidelane, temporaryFiles } from '../support/cli.ts'

const file = temporaryFiles()

const lockOf = (fields: object = {}): string =>
  JSON.stringify({
    profile: 'p1',
    unicode: '15.0',
    name: 'visit',
    limits: { maxBytes: 1000 },
    schema: {
      type: 'object',
      properties: { n: { type: 'integer' }, name: { type: 'string', 'x-norm': ['trim'] } },
      required: ['n'],
      additionalProperties: false,
    },
    ...fields,
  })

const lock = file('visit.lock.json', lockOf())
const inline = ['process', '--contract', lock, '--placement', 'inline'] as const

interface ResultLine {
  readonly line: number
  readonly digest: string | null
  readonly body: string
}
interface RejectLine {
  readonly line: number
  readonly code: string
}

/** So many fields that its text does not fit into a pipe. */
const wideLock = (): string => {
  const names = Array.from({ length: 4000 }, (_, i) => `field-${i}-${'x'.repeat(30)}`)
  return lockOf({
    schema: {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, { type: 'integer' }])),
      additionalProperties: false,
    },
  })
}

const codes = (stderr: string): [number, string][] =>
  parseLines<RejectLine>(stderr).map(({ line, code }) => [line, code])

describe('sidelane process', () => {
  it('writes one result a line, writes rejects to stderr as JSON lines, and exits 1 after a reject', async () => {
    const input = '{"n":1, "name":" Ada "}\n{"n":"2"}\n{"name":"Bob","n":3}\n'
    const { status, stdout, stderr } = await sidelane([...inline, '--quiet'], { input })
    const canonical = '{"n":1,"name":"Ada"}'
    const [first, second, ...others] = parseLines<ResultLine>(stdout)
    expect(others).toStrictEqual([])
    expect(first).toStrictEqual({
      line: 1,
      digest: createHash('sha256').update(canonical).digest('hex'),
      inBytes: 23,
      canonicalBytes: 20,
      outBytes: Buffer.from(first?.body ?? '', 'base64').length,
      codec: 'gzip',
      body: first?.body,
    })
    expect(gunzipSync(Buffer.from(first?.body ?? '', 'base64')).toString()).toBe(canonical)
    expect(second?.line).toBe(3)
    expect(parseLines(stderr)).toStrictEqual([
      {
        line: 2,
        code: 'validate.failed',
        status: 422,
        detail: 'The value at /n must be of type integer.',
        issues: [
          {
            code: 'validate.failed',
            pointer: '/n',
            keyword: 'type',
            params: { expected: ['integer'] },
            detail: 'The value at /n must be of type integer.',
          },
        ],
        truncated: false,
      },
    ])
    expect(status).toBe(1)
  })

  it('exits 0 and prints a summary to stderr when all are accepted', async () => {
    const { status, stdout, stderr } = await sidelane([...inline, '--body', 'none'], { input: '{"n":1}\n{"n":2}\n' })
    expect(status).toBe(0)
    expect(parseLines<object>(stdout).map((line) => Object.keys(line))).toStrictEqual(
      ['1', '2'].map(() => ['line', 'digest', 'inBytes', 'canonicalBytes', 'outBytes', 'codec']),
    )
    expect(stderr).toMatch(
      /^sidelane: 2 payloads: 2 accepted, 0 rejected; 14 B in, .*(?:native|js) engine, inline\)\n$/,
    )
  })

  it('skips blank lines but counts them, and reads \\r\\n and a last line without a line end', async () => {
    const input = '\n{"n":1}\r\n \t\r\n\r\n{"n":5}\n\n{"n":7}'
    const { status, stdout } = await sidelane([...inline, '--body', 'canonical'], { input })
    expect(status).toBe(0)
    expect(parseLines(stdout)).toMatchObject([
      { line: 2, inBytes: 7, canonical: { n: 1 } },
      { line: 5, inBytes: 7, canonical: { n: 5 } },
      { line: 7, inBytes: 7, canonical: { n: 7 } },
    ])
  })

  it.each([
    ['zero bytes', ''],
    ['blank lines', '\n\r\n  \n'],
  ])('accepts an input of %s', async (_, input) => {
    const { status, stdout, stderr } = await sidelane(inline, { input })
    expect({ status, stdout }).toStrictEqual({ status: 0, stdout: '' })
    expect(stderr).toMatch(/^sidelane: 0 payloads: /)
  })

  it('rejects long lines, invalid UTF-8, byte order marks and invalid JSON with their line numbers', async () => {
    const input = Buffer.concat([
      Buffer.from('{"n":0}\n\ufeff{"n":1}\n'),
      Buffer.from(`{"n":2,"name":"${'x'.repeat(5_000_000)}"}\r\n`),
      Buffer.from([0x7b, 0xff, 0x7d, 0x0a]),
      Buffer.from('{"n":4\n'),
      // The limit of 1,000 bytes does not include the line end.
      Buffer.from(`{"n":5${' '.repeat(993)}}\r\n`),
      Buffer.from(`{"n":6${' '.repeat(994)}}\r\n`),
    ])
    const { status, stdout, stderr } = await sidelane([...inline, '--quiet', '--body', 'lines'], { input })
    expect({ status, stdout }).toStrictEqual({ status: 1, stdout: '{"n":0}\n{"n":5}\n' })
    expect(codes(stderr)).toStrictEqual([
      [2, 'parse.bom'],
      [3, 'limit.bytes'],
      [4, 'parse.utf8'],
      [5, 'parse.syntax'],
      [7, 'limit.bytes'],
    ])
    // Each with a sentence, also where no issue says where.
    for (const { detail } of parseLines<{ detail: string }>(stderr)) expect(detail).toMatch(/^[A-Z].*\.$/)
  })

  it.each(['pool', 'inline'])('keeps the order of the input with placement %s', async (placement) => {
    // Small payloads finish before the large ones sent earlier.
    const count = 3000
    const input = Array.from({ length: count }, (_, n) => `{"n":${n},"name":"${'x'.repeat(n % 7 === 0 ? 900 : 1)}"}\n`)
    const args = ['process', '--contract', lock, '--placement', placement, '--threads', '2', '--body', 'canonical']
    const { status, stdout } = await sidelane(args, { input: input.join('') })
    expect(status).toBe(0)
    const lines = parseLines<{ line: number; canonical: { n: number } }>(stdout)
    expect(lines.map(({ line, canonical }) => [line, canonical.n])).toStrictEqual(input.map((_, n) => [n + 1, n]))
  })

  it('reads and writes files, and writes nothing to stdout and stderr', async () => {
    const source = file('in.ndjson', '{"n":1}\n{}\n{"n":3}\n')
    const [out, rejects] = [file('out.ndjson'), file('rejects.ndjson')]
    const files = ['--in', source, '--out', out, '--rejects', rejects, '--quiet']
    const result = await sidelane([...inline, ...files, '--body', 'lines'])
    expect(result).toStrictEqual({ status: 1, stdout: '', stderr: '' })
    expect(readFileSync(out, 'utf8')).toBe('{"n":1}\n{"n":3}\n')
    expect(codes(readFileSync(rejects, 'utf8'))).toStrictEqual([[2, 'validate.failed']])
  })

  it('signs the digest with the key of a file', async () => {
    const keyed = file('keyed.lock.json', lockOf({ digest: 'hmac-sha-256' }))
    const key = file('digest.key', 'a key of no fewer than 16 bytes')
    const args = ['process', '--contract', keyed, '--placement', 'inline', '--body', 'none']
    const { stdout } = await sidelane([...args, '--digest-key-file', key], { input: '{"n":1}' })
    const [line] = parseLines<ResultLine>(stdout)
    expect(line?.digest).toBe(createHmac('sha256', readFileSync(key)).update('{"n":1}').digest('hex'))
    const without = await sidelane(args, { input: '{"n":1}' })
    expect(without).toMatchObject({ status: 2, stdout: '' })
    expect(without.stderr).toContain('expected --digest-key-file')
  })

  it('writes results and rejects to one device', async () => {
    const null_ = ['--out', '/dev/null', '--rejects', '/dev/null']
    const { status, stderr } = await sidelane([...inline, ...null_], { input: '{"n":1}\n{}\n' })
    expect(status).toBe(1)
    expect(stderr).toContain('2 payloads: 1 accepted, 1 rejected')
  })

  const unread = file('unread.ndjson', '{"n":1}\n')
  const sidecarOverTls = ['process', '--contract', lock, '--placement', 'sidecar', '--socket', 'tls://127.0.0.1:1']
  const tlsFiles = (cert: string): string[] => ['--tls-cert', cert, '--tls-key', unread, '--tls-ca', unread]
  it.each([
    ['no contract', ['process'], 'Expected --contract LOCK'],
    [
      'a missing contract',
      ['process', '--contract', 'gone.json'],
      'Cannot read the lock file gone.json: there is no such file',
    ],
    ['a missing input', [...inline, '--in', 'gone.ndjson'], 'There is no file gone.ndjson'],
    ['an output in a missing folder', [...inline, '--out', '/no/such/folder/out'], 'Cannot write /no/such/folder/out'],
    ['the input as output', [...inline, '--in', unread, '--out', unread], 'is an input itself'],
    ['the contract as output', [...inline, '--in', unread, '--out', lock], 'is an input itself'],
    ['one file for both outputs', [...inline, '--out', file('x'), '--rejects', file('x')], 'cannot take both'],
    ['an unknown body', [...inline, '--body', 'xml'], 'one of "base64", "canonical", "lines", "none"'],
    ['an unknown engine', [...inline, '--engine', 'wasm'], 'one of "auto", "native", "js"'],
    ['zero threads', [...inline, '--threads', '0'], 'an integer from 1 to 1024'],
    ['a concurrency that is not a number', [...inline, '--concurrency', 'many'], 'got "many"'],
    ['a key that is too short', [...inline, '--digest-key-file', file('short.key', 'short')], 'at least 16'],
    ['a queue name without a queue', [...inline, '--queue-name', 'orders'], '--queue-name goes with --queue'],
    [
      'a missing certificate',
      [...sidecarOverTls, ...tlsFiles('gone.crt')],
      'TLS certificate gone.crt: there is no such',
    ],
    ['a file that is no certificate', [...sidecarOverTls, ...tlsFiles(unread)], 'certificates and a key in PEM'],
    ['an extra argument', [...inline, 'orders.ndjson'], 'the input is stdin or --in'],
  ])('exits 2 for %s', async (_, args, words) => {
    const { status, stdout, stderr } = await sidelane(args)
    expect({ status, stdout }).toStrictEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(words)
    expect(stderr).toContain('sidelane process --help')
    expect(readFileSync(unread, 'utf8')).not.toBe('')
    expect(existsSync(file('x'))).toBe(false)
  })

  it('writes neither colors nor progress when stderr is not a terminal', async () => {
    const { stdout, stderr } = await sidelane(inline, { input: '{"n":1}\n', env: { NO_COLOR: '', FORCE_COLOR: '1' } })
    expect(stdout + stderr).not.toContain('\u001b')
    expect(stderr).not.toContain('\r')
  })
})

describe('the help', () => {
  it.each(['process', 'inspect', 'doctor', 'completion'])(
    'of %s has examples, and lines of at most 125 characters',
    async (command) => {
      const { status, stdout, stderr } = await sidelane([command, '--help'])
      expect({ status, stderr }).toStrictEqual({ status: 0, stderr: '' })
      expect(stdout).toMatch(new RegExp(`^sidelane ${command} `))
      expect(stdout).toContain(`\nExamples\n`)
      expect(stdout).toContain('\nExit codes: 0 ')
      expect(stdout.split('\n').filter((line) => line.length > 125)).toStrictEqual([])
      expect((await sidelane(['--help'])).stdout).toMatch(new RegExp(`^  ${command} +\\w`, 'm'))
    },
  )
})

describe('sidelane process, stopped early', () => {
  it.each(['pool', 'inline'])(
    'writes results without delay with placement %s, and drops an incomplete line on ^C',
    async (placement) => {
      const run = new Running(['process', '--contract', lock, '--placement', placement])
      run.child.stdin.write('{"n":1}\n{"n":2}\n{"n":3}\n{"n":')
      await run.lines(3)
      run.child.kill('SIGINT')
      const { status, stdout, stderr } = await run.ended
      expect(status).toBe(130)
      expect(parseLines<ResultLine>(stdout).map(({ line }) => line)).toStrictEqual([1, 2, 3])
      expect(stderr).toMatch(/^sidelane: 3 payloads: 3 accepted, .*; interrupted\n$/)
    },
  )

  it('on ^C finishes the lines in flight: complete, in order, as many as the summary states', async () => {
    const run = new Running(['process', '--contract', lock, '--body', 'lines'])
    const block = '{"n":1,"name":"somebody"}\n'.repeat(10_000)
    const feed = (): void => {
      while (run.child.stdin.writable && run.child.stdin.write(block));
    }
    run.child.stdin.on('drain', feed)
    feed()
    await run.lines(1000)
    run.child.kill('SIGINT')
    const { status, stdout, stderr } = await run.ended
    expect(status).toBe(130)
    const count = Number(/^sidelane: ([\d,]+) payloads: /.exec(stderr)?.[1]?.replaceAll(',', ''))
    expect(stdout).toBe('{"n":1,"name":"somebody"}\n'.repeat(count))
  })

  it('on SIGTERM finishes the lines in flight as on ^C, and exits 143', async () => {
    const run = new Running([...inline, '--body', 'lines'])
    run.child.stdin.write('{"n":1}\n{"n":2}\n{"n":')
    await run.lines(2)
    run.child.kill('SIGTERM')
    const { status, stdout, stderr } = await run.ended
    expect({ status, stdout }).toStrictEqual({ status: 143, stdout: '{"n":1}\n{"n":2}\n' })
    expect(stderr).toMatch(/^sidelane: 2 payloads: 2 accepted, .*; terminated\n$/)
  })

  it.each(['pool', 'inline'])(
    'exits 141 when the reader closes the output, and counts only what was written, with placement %s',
    async (placement) => {
      const run = new Running(['process', '--contract', lock, '--placement', placement, '--body', 'lines'])
      run.child.stdout.once('data', () => run.child.stdout.destroy())
      run.child.stdin.end('{"n":1,"name":"somebody"}\n'.repeat(200_000))
      const { status, stderr } = await run.ended
      expect(status).toBe(141)
      const [, payloads, accepted, lost] =
        /^sidelane: ([\d,]+) payloads: ([\d,]+) accepted, 0 rejected; .*; ([\d,]+) results were not written; the output was closed\n$/
          .exec(stderr)
          ?.map((text) => Number(text.replaceAll(',', ''))) ?? []
      expect(accepted).toBeGreaterThan(0)
      expect((accepted as number) + (lost as number)).toBe(payloads)
      expect(payloads).toBeLessThan(200_000)
    },
  )

  it('exits 141 when the reader of the rejects on stdout closes it', async () => {
    const run = new Running([...inline, '--quiet', '--out', file('closed-rejects.ndjson'), '--rejects', '-'])
    run.child.stdout.once('data', () => run.child.stdout.destroy())
    run.child.stdin.on('error', () => undefined).end('{"n":"1"}\n'.repeat(200_000))
    expect((await run.ended).status).toBe(141)
  })

  it('exits while it waits for input, at the first result after the output was closed', async () => {
    const run = new Running([...inline, '--quiet'])
    run.child.stdin.write('{"n":1}\n')
    await run.lines(1)
    run.child.stdout.destroy()
    run.child.stdin.write('{"n":2}\n')
    expect(await run.ended).toMatchObject({ status: 141, stderr: '' })
  })

  it.skipIf(process.platform !== 'linux')('exits 1 when the disk is full', async () => {
    const { status, stderr } = await sidelane([...inline, '--quiet', '--out', '/dev/full'], { input: '{"n":1}\n' })
    expect(status).toBe(1)
    expect(stderr).toContain('ENOSPC')
  })

  it.skipIf(process.platform !== 'linux')('exits 1 when stdout is a full disk: nothing is accepted', async () => {
    const source = file('full.ndjson', '{"n":1}\n{"n":2}\n')
    const { status, stderr } = await shell(`"$@" < ${source} > /dev/full`, inline)
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^sidelane: 2 payloads: 0 accepted, 0 rejected; .*; 2 results were not written; the output was closed\nsidelane: Cannot write stdout: ENOSPC.*\n$/,
    )
  })

  it.skipIf(process.platform === 'win32')('exits 2 when an output is the file of stdin or stdout', async () => {
    const source = file('own.ndjson', '{"n":1}\n')
    for (const option of ['--out', '--rejects']) {
      expect(await shell(`"$@" < ${source}`, [...inline, option, source])).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('is an input itself') as string,
      })
    }
    expect(readFileSync(source, 'utf8')).toBe('{"n":1}\n')
    const results = file('own-results.ndjson')
    expect(await shell(`"$@" > ${results} < ${source}`, [...inline, '--rejects', results])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('cannot take both') as string,
    })
  })

  it.skipIf(process.platform === 'win32')('exits 2 for a path that cannot be followed', async () => {
    symlinkSync('loop', file('loop'))
    for (const [option, message] of [
      ['--in', 'Cannot read'],
      ['--out', 'Cannot write'],
      ['--rejects', 'Cannot write'],
    ] as const) {
      const result = await sidelane([...inline, option, file('loop/x')], { input: '' })
      expect(result).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(`${message} ${file('loop/x')}`) as string,
      })
    }
  })

  it('writes rejects to stdout beside a file of results', async () => {
    const input = '{"n":1}\n{"n":"2"}\n'
    const out = file('beside-rejects.ndjson')
    const { status, stdout, stderr } = await sidelane([...inline, '--quiet', '--out', out, '--rejects', '-'], { input })
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(codes(stdout)).toStrictEqual([[2, 'validate.failed']])
    expect(readFileSync(out, 'utf8')).toMatch(/^.*"line":1.*\n$/)
    const both = await sidelane([...inline, '--rejects', '-'], { input })
    expect(both).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('cannot take both') as string })
  })

  it.skipIf(process.platform === 'win32')('exits 2 when stdin is a directory', async () => {
    const { status, stdout, stderr } = await shell('"$@" < /', inline)
    expect({ status, stdout }).toStrictEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('Cannot read stdin: it is a directory')
  })
})

describe('other commands with a closed or full output', () => {
  const wide = file('wide.lock.json', wideLock())

  it.each<[string, string, (path: string) => string[]]>([
    ['contract infer', '{"n":1}\n', (path) => ['contract', 'infer', path, '--force', '-o', path]],
    ['contract import', '{}', (path) => ['contract', 'import', path, '--name', 'own', '-o', path]],
    ['contract train', '{"n":1}\n', (path) => ['contract', 'train', '--payloads', path, wide, '-o', path]],
    ['decide', '{"n":1}\n', (path) => ['decide', '--payloads', path, '--json', path]],
    [
      'contract import of another schema',
      '{"type":"number"}',
      (path) => ['contract', 'import', file('refers.json', '{"$ref":"own-input.json"}'), '--name', 'own', '-o', path],
    ],
  ])('exit 2 where it is an input itself: %s', async (_, content, args) => {
    const path = file('own-input.json', content)
    expect(await sidelane(args(path))).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('own-input.json is an input itself') as string,
    })
    expect(readFileSync(path, 'utf8')).toBe(content)
  })

  it.skipIf(process.platform !== 'linux')('exit 1 with a message where the disk is full', async () => {
    const { status, stderr } = await shell('"$@" > /dev/full', ['contract', 'show', wide])
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringMatching(/^sidelane: .*ENOSPC.*\n$/) })
  })

  it.skipIf(process.platform !== 'linux')(
    'exit 1 where the disk is full, also with a progress line: contract infer',
    async () => {
      const samples = file('samples.ndjson', '{"n":1}\n')
      const { status, stderr } = await shell('"$@" > /dev/full', ['contract', 'infer', samples, '-o', '-'])
      expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('ENOSPC') })
    },
  )

  it.skipIf(process.platform !== 'linux').each<[string, (samples: string) => string[]]>([
    ['contract infer', (samples) => ['contract', 'infer', samples, '--force', '-o', '/dev/full']],
    ['contract train', (samples) => ['contract', 'train', '--payloads', samples, wide, '-o', '/dev/full']],
    ['decide', (samples) => ['decide', '--payloads', samples, '--html', '/dev/full']],
    ['profile', () => ['profile', '--json', '/dev/full', '--', 'node', '-e', 'console.log(1)']],
  ])('exit 1 before they begin where an option names a device that takes nothing: %s', async (_, args) => {
    expect(await sidelane(args(file('few.ndjson', '{"n":1}\n')))).toStrictEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^sidelane: Cannot write \/dev\/full: ENOSPC.*\n$/),
    })
  })

  it.skipIf(process.platform === 'win32')('exit 141 without a message where the reader left', async () => {
    const { stdout, stderr } = await shell('{ "$@"; echo "$?" >&3; } 3>&2 | head -n 1', ['contract', 'show', wide])
    expect({ stdout, stderr }).toStrictEqual({ stdout: 'visit\n', stderr: '141\n' })
  })
})

describe('sidelane process, long inputs', () => {
  // 120,000 lines.
  it.skipIf(process.platform !== 'linux')('uses constant memory for long inputs and slow readers', async () => {
    const run = new Running(['process', '--contract', lock, '--body', 'none', '--quiet'])
    const blocks = 60
    const block = `{"n":1,"name":"${'x'.repeat(800)}"}\n`.repeat(2000)
    const memory: number[] = []
    for (let i = 0; i < blocks; i++) {
      if (!run.child.stdin.write(block))
        await Promise.race([run.ended, new Promise((resolve) => run.child.stdin.once('drain', resolve))])
      if (i % 20 === 10) {
        // A paused reader stops the processing.
        run.child.stdout.pause()
        await new Promise((resolve) => setTimeout(resolve, 200))
        run.child.stdout.resume()
      }
      memory.push(residentMiB(run.child.pid as number))
    }
    run.child.stdin.end()
    const { status, stdout } = await run.ended
    expect(status).toBe(0)
    expect(stdout.split('\n').length - 1).toBe(blocks * 2000)
    const [third, last] = [Math.max(...memory.slice(10, 25)), Math.max(...memory.slice(-10))]
    expect(last - third).toBeLessThan(48)
  })
})

const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
