// `sidelane doctor`, run as a program, and its checks with the values of other machines.

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkDescriptors, checkNode, checkUnicode } from '../../src/cli/doctor/machine.ts'
import { sidelane, temporaryFiles } from '../support/cli.ts'
import { socketFolder, startDaemon } from '../support/daemon.ts'

const file = temporaryFiles()
const lockOf = (fields: object = {}): string =>
  JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'any', schema: {}, ...fields })

interface Check {
  readonly id: string
  readonly status: string
  readonly found: string
  readonly advice?: string
  readonly details?: { readonly tried?: readonly { readonly path: string; readonly error: string }[] }
}

const checked = async (args: readonly string[] = [], env: Record<string, string> = {}) => {
  const { status, stdout, stderr } = await sidelane(['doctor', '--json', ...args], { env })
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] }
  return {
    status,
    stderr,
    ok,
    checks,
    byId: (id: string): Check | undefined => checks.find((check) => check.id === id),
  }
}

describe('sidelane doctor', () => {
  it('prints one line a check and a summary, and exits 0 when nothing is broken', async () => {
    const { status, stdout, stderr } = await sidelane(['doctor'], { env: { NO_COLOR: '1' } })
    expect({ status, stderr }).toStrictEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^sidelane \d+\.\d+\.\d+\n/)
    expect(stdout).toMatch(/^(?:ok|warn) {2,4} node +\d+\./m)
    expect(stdout).toMatch(/^ok {4}unicode +runtime \d+\.\d, contracts pin 15\.0$/m)
    expect(stdout).toMatch(/^\d+ ok, \d+ to improve, 0 broken$/m)
    expect(stdout).not.toContain('\u001b')
  })

  it('processes a sample with each engine on each placement', async () => {
    const { status, ok, stderr, checks } = await checked()
    expect({ status, ok, stderr }).toStrictEqual({ status: 0, ok: true, stderr: '' })
    const tests = checks.filter(({ id }) => id.startsWith('self-test.'))
    expect(tests.map(({ id }) => id)).toEqual(expect.arrayContaining(['self-test.js.inline', 'self-test.js.pool']))
    for (const { status: one, found } of tests) expect([one, found]).toMatchObject(['ok', /^the digest is right/])
  })

  it('reports the thresholds of placement auto', async () => {
    const { byId } = await checked()
    expect(byId('thresholds')?.found).toMatch(/^auto runs up to \d+\.\d KiB inline, \d+ µs a turn; /)
    expect(byId('thresholds')?.details).toMatchObject({ hopUs: expect.any(Number), inlineMaxBytes: expect.any(Number) })
    expect(byId('self-test.js.auto')?.status).toBe('ok')
  })

  it('lists the files it tried when the addon does not load, and tests the js engine', async () => {
    const broken = file('broken.node', 'no library')
    const { status, byId } = await checked([], { SIDELANE_NATIVE_PATH: broken })
    expect(status).toBe(0)
    expect(byId('engine')).toMatchObject({ status: 'warn', advice: expect.stringContaining('npm run build:native') })
    expect(byId('engine')?.details?.tried).toMatchObject([{ path: broken }])
    expect(byId('codecs.native')).toBeUndefined()
    expect(byId('self-test.js.pool')?.status).toBe('ok')
  })

  it('checks a contract, and exits 1 when no engine can use it', async () => {
    const good = await checked(['--contract', file('good.lock.json', lockOf())])
    expect(good.byId('contract')).toMatchObject({
      status: 'ok',
      found: expect.stringMatching(/^any, gzip, sha-256, id /),
    })
    const keyed = file('keyed.lock.json', lockOf({ digest: 'hmac-sha-256' }))
    const bad = await checked(['--contract', keyed])
    expect(bad).toMatchObject({ status: 1, ok: false })
    expect(bad.byId('contract')).toMatchObject({ status: 'fail', found: expect.stringContaining('options.invalid') })
    const key = file('digest.key', 'a key of no fewer than 16 bytes')
    expect(await checked(['--contract', keyed, '--digest-key-file', key])).toMatchObject({ status: 0, ok: true })
  })

  it.each([
    [['doctor', 'now'], 'Unexpected "now"'],
    [['doctor', '--contract', 'gone.json'], 'Cannot read the lock file gone.json: there is no such file'],
    [['doctor', '--jsn'], "Unknown option '--jsn'"],
  ])('exits 2 for %j', async (args, words) => {
    const { status, stdout, stderr } = await sidelane(args)
    expect({ status, stdout }).toStrictEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(words)
  })

  it.skipIf(process.platform !== 'linux')('warns about a low limit of open files', () => {
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
    const text = execFileSync('sh', ['-c', `ulimit -n 200; exec "${process.execPath}" "${main}" doctor`], {
      encoding: 'utf8',
    })
    expect(text).toMatch(/^warn {2}descriptors +200 open files\n +→ Raise it/m)
  })
})

describe('sidelane doctor --socket', () => {
  const place = socketFolder()
  const socket = place('s.sock')
  const lock = place('any.lock.json', lockOf())

  it('checks that the daemon is ready and serves the contract of the lock', async () => {
    const daemon = await startDaemon({ args: ['--socket', socket, '--contract', lock] })
    const found = async (...args: string[]) => {
      const { status, byId } = await checked(['--socket', socket, ...args])
      return { status, daemon: byId('daemon')?.status, contract: byId('daemon.contract') }
    }
    expect(await found()).toEqual({ status: 0, daemon: 'ok', contract: undefined })
    expect(await found('--contract', lock)).toMatchObject({ status: 0, daemon: 'ok', contract: { status: 'ok' } })
    const changed = file('changed.lock.json', lockOf({ schema: { type: 'string' } }))
    expect(await found('--contract', changed)).toMatchObject({
      status: 1,
      daemon: 'ok',
      contract: {
        status: 'fail',
        found: expect.stringMatching(/^contract\.mismatch: .* with id \w{12}…, .* has \w{12}…$/),
      },
    })
    const other = file('other.lock.json', lockOf({ name: 'other' }))
    expect(await found('--contract', other)).toMatchObject({
      contract: { status: 'fail', found: 'contract.unknown: the daemon does not serve other' },
    })
    await daemon.stop()
  })

  it('fails without a daemon, and says how to start it', async () => {
    const missing = place('missing.sock')
    const { status, stderr, byId } = await checked(['--socket', missing])
    expect([status, stderr]).toEqual([1, ''])
    expect(byId('daemon')).toMatchObject({
      status: 'fail',
      found: `${missing}: connect ENOENT ${missing}`,
      advice: expect.stringContaining(`sidelane serve --socket ${missing}`),
    })
  })
})

describe('checks of doctor', () => {
  const range = '^20.19.0 || ^22.13.0 || >=24'
  it.each([
    ['20.19.0', 'ok'],
    ['20.18.9', 'warn'],
    ['21.9.0', 'warn'],
    ['22.12.0', 'warn'],
    ['22.13.1', 'ok'],
    ['23.11.0', 'warn'],
    ['24.0.0', 'ok'],
    ['26.1.0', 'ok'],
  ])('report Node %s as %s', (version, status) => {
    expect(checkNode(version, range)).toMatchObject({ status })
  })

  it.each([
    ['17.0', 'ok'],
    ['15.0', 'ok'],
    ['14.0', 'fail'],
    [undefined, 'fail'],
  ])('report Unicode %s as %s', (version, status) => {
    expect(checkUnicode(version)).toMatchObject({ status })
  })

  it.each([
    [256, 'warn'],
    [1024, 'ok'],
    ['unlimited' as const, 'ok'],
    [undefined, 'ok'],
  ])('report a limit of %s open files as %s', (soft, status) => {
    expect(checkDescriptors(soft)).toMatchObject({ status })
  })
})
