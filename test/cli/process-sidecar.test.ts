// `sidelane process --placement sidecar`: a daemon of its own, or one at a socket.

import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { Running, sidelane, temporaryFiles } from '../support/cli.ts'
import { daemonKinds, needDaemon, socketFolder, startDaemon } from '../support/daemon.ts'

const file = temporaryFiles()
const socket = socketFolder()

const lockOf = (name: string, fields: object = {}): string =>
  JSON.stringify({
    profile: 'p1',
    unicode: '15.0',
    name,
    schema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
    ...fields,
  })
const lock = file('visit.lock.json', lockOf('visit'))
const args = ['process', '--contract', lock, '--placement', 'sidecar', '--body', 'lines'] as const
const input = '{"n":1}\n{"n":"x"}\n{"n":3}\n'
const output = { status: 1, stdout: '{"n":1}\n{"n":3}\n' }

/** Directories of daemons that this process id launched. */
const launchedBy = (pid: number | undefined): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`sidelane-launch-${pid}-`))

describe.skipIf(process.platform === 'win32')('process --placement sidecar', () => {
  it.each(daemonKinds)('starts %s, which ends with the command', async (kind) => {
    const run = new Running([...args, '--daemon', kind, '--threads', '2', '--connections', '2'])
    run.child.stdin.write(input)
    await run.lines(2)
    expect(launchedBy(run.child.pid)).toHaveLength(1)
    run.child.stdin.end()
    const { status, stdout, stderr } = await run.ended
    expect({ status, stdout }).toStrictEqual(output)
    expect(stderr).toContain('"detail":"The value at /n must be of type integer."')
    expect(stderr).toMatch(/3 payloads: 2 accepted, 1 rejected; .* engine, sidecar\)\n$/)
    expect(launchedBy(run.child.pid)).toStrictEqual([])
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves no daemon behind after %s', async (signal) => {
    const run = new Running([...args])
    run.child.stdin.write('{"n":1}\n{"n":')
    await run.lines(1)
    run.child.kill(signal)
    const { status, stdout } = await run.ended
    expect({ status, stdout }).toStrictEqual({ status: signal === 'SIGINT' ? 130 : 143, stdout: '{"n":1}\n' })
    expect(launchedBy(run.child.pid)).toStrictEqual([])
  })

  it.for(daemonKinds)('uses %s at a socket', async (kind, context) => {
    needDaemon(kind, context)
    const path = socket(`${kind}.sock`)
    const daemon = await startDaemon({ kind, args: ['--socket', path, '--contract', lock] })
    const run = await sidelane([...args, '--socket', path, '--quiet'], { input })
    expect(run).toMatchObject(output)
    // Another contract under the name that the daemon serves.
    const other = file('other.lock.json', lockOf('visit', { digest: 'none' }))
    const refused = await sidelane([...args.with(2, other), '--socket', path], { input })
    expect(refused).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('contract.mismatch') })
    expect(await daemon.stop()).toBe(0)
  })

  it('passes the key to a daemon of its own', async () => {
    const keyed = file('keyed.lock.json', lockOf('keyed', { digest: 'hmac-sha-256' }))
    const key = file('digest.key', 'a key of no fewer than 16 bytes')
    const options = ['--contract', keyed, '--digest-key-file', key, '--body', 'none', '--quiet']
    const [own, pool] = await Promise.all(
      ['sidecar', 'inline'].map((placement) =>
        sidelane(['process', ...options, '--placement', placement], { input: '{"n":1}' }),
      ),
    )
    expect(own).toStrictEqual(pool)
    expect(own?.stdout).toMatch(/"digest":"[0-9a-f]{64}"/)
  })

  it('exits 3 where no daemon answers, and truncates no file', async () => {
    const path = socket('nobody.sock')
    const out = file('kept.ndjson', 'kept')
    const { status, stdout, stderr } = await sidelane([...args, '--socket', path, '--out', out], { input })
    expect({ status, stdout }).toStrictEqual({ status: 3, stdout: '' })
    expect(stderr).toContain(`start one with: sidelane serve --socket ${path}`)
  })

  it.each([
    [
      'a socket with another placement',
      ['--placement', 'pool', '--socket', 'x.sock'],
      '--socket goes with --placement sidecar',
    ],
    ['connections with the default', ['--connections', '2'], '--connections goes with --placement sidecar'],
    [
      'a daemon beside a socket',
      ['--placement', 'sidecar', '--socket', 'x.sock', '--daemon', 'node'],
      'without --socket',
    ],
    ['an unknown daemon', ['--placement', 'sidecar', '--daemon', 'rust'], 'one of "auto", "sidelaned", "node"'],
    ['too many connections', ['--placement', 'sidecar', '--connections', '65'], 'an integer from 1 to 64'],
  ])('exits 2 for %s', async (_, extra, words) => {
    const { status, stdout, stderr } = await sidelane(['process', '--contract', lock, ...extra])
    expect({ status, stdout }).toStrictEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(words)
  })
})
