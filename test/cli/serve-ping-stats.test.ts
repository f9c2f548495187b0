// The commands serve, ping and stats, run as programs.
import { existsSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { Running, sidelane } from '../support/cli.ts'
import { ask, isBuilt, socketFolder, startDaemon } from '../support/daemon.ts'
import { httpVectors } from '../server/http-kit.ts'

const file = socketFolder()
const contract = file('order.lock.json', httpVectors[0]?.[1].lock)
let sockets = 0
const freshSocket = (): string => file(`${sockets++}.sock`)

async function listening(running: Running): Promise<{ daemon: string; pid: number }> {
  await expect.poll(() => running.stderr).toContain('"listening"')
  return JSON.parse(running.stderr.split('\n')[0] as string) as { daemon: string; pid: number }
}

describe('serve', () => {
  test('starts sidelaned where it is built, forwards SIGTERM, and returns its exit code', async () => {
    const socket = freshSocket()
    const running = new Running(['serve', '--socket', socket, '--contract', contract])
    const { daemon, pid } = await listening(running)
    expect(daemon).toBe(isBuilt('sidelaned') ? 'sidelaned' : 'node')
    expect(pid).not.toBe(running.child.pid)
    expect((await ask(socket, '/readyz')).status).toBe(200)
    running.child.kill('SIGTERM')
    expect((await running.ended).status).toBe(0)
    expect(existsSync(socket)).toBe(false)
  })

  test.each(['node', ...(isBuilt('sidelaned') ? ['sidelaned'] : [])])(
    '%s: says what a file is that is no lock',
    async (daemon) => {
      const payloads = file('mine.ndjson', '{"n":1}\n{"n":2}\n')
      const running = new Running(['serve', '--daemon', daemon, '--socket', freshSocket(), '--contract', payloads])
      const { status, stderr } = await running.ended
      expect(status).toBe(2)
      expect(stderr).toContain(
        `sidelane: ${payloads} is a file of payloads, not a lock; make one with: sidelane contract infer`,
      )
    },
  )

  test('starts the Node daemon for options that sidelaned does not support', async () => {
    for (const option of [
      ['--engine', 'js'],
      ['--daemon', 'node'],
      ['--daemon=node'],
      ['--placement', 'pool', '--threads', '1'],
    ]) {
      const running = new Running(['serve', ...option, '--socket', freshSocket(), '--contract', contract])
      expect((await listening(running)).daemon).toBe('node')
      running.child.kill('SIGINT')
      expect((await running.ended).status).toBe(0)
    }
  })

  test('refuses a daemon of another name', async () => {
    for (const option of [['--daemon', 'go'], ['--daemon=node=x'], ['--daemon=']]) {
      expect(await sidelane(['serve', ...option, '--socket', freshSocket(), '--contract', contract])).toMatchObject({
        status: 2,
        stdout: '',
      })
    }
  })

  test('drains the daemon on ^C, which the terminal sends to the whole process group', async () => {
    const socket = freshSocket()
    const args = ['serve', '--daemon', 'node', '--socket', socket, '--contract', contract]
    const running = new Running(args, {}, true)
    const { pid } = await listening(running)
    process.kill(-(running.child.pid as number), 'SIGINT')
    expect((await running.ended).status).toBe(0)
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(existsSync(socket)).toBe(false)
  })

  test('returns the exit code of a daemon that cannot listen', async () => {
    const { status, stderr } = await sidelane(['serve', '--socket', contract, '--contract', contract])
    expect(status).toBe(1)
    expect(stderr).toContain('is not a socket')
  })

  test('exits 2 for invalid options', async () => {
    const { status, stderr } = await sidelane(['serve', '--threads', '0'])
    expect(status).toBe(2)
    expect(stderr).toContain('Expected `--threads` to be an integer from 1 to 1024, got `0`')
  })
})

describe('ping', () => {
  test('exits 0 when the daemon is ready', async () => {
    const socket = freshSocket()
    await startDaemon({ args: ['--socket', socket, '--contract', contract] })
    expect(await sidelane(['ping', '--socket', socket])).toEqual({
      status: 0,
      stdout: `${socket}: ready\n`,
      stderr: '',
    })
  })

  test('exits 1 and prints the reason when the daemon is not ready', async () => {
    const socket = freshSocket()
    await startDaemon({ args: ['--socket', socket, '--contract', contract, '--memory-limit', '1048576'] })
    const { status, stdout } = await sidelane(['ping', '--socket', socket])
    expect({ status, stdout }).toEqual({ status: 1, stdout: `${socket}: not ready: memory\n` })
  })

  test('exits 3 when no daemon answers', async () => {
    expect((await sidelane(['ping', '--socket', freshSocket()])).status).toBe(3)
    expect((await sidelane(['ping'], { env: { XDG_RUNTIME_DIR: file('nowhere') } })).status).toBe(3)
  })

  test('exits 2 when other users can read the default directory', async () => {
    mkdirSync(file('open/sidelane'), { recursive: true, mode: 0o755 })
    const { status, stderr } = await sidelane(['ping'], { env: { XDG_RUNTIME_DIR: file('open') } })
    expect(status).toBe(2)
    expect(stderr).toContain('must have mode 0700')
  })

  test('exits 2 for a path that is too long', async () => {
    expect((await sidelane(['ping', '--socket', `/${'x'.repeat(200)}`])).status).toBe(2)
    // Not the server at port 80.
    expect((await sidelane(['ping', '--socket', ''])).status).toBe(2)
  })
})

describe('stats', () => {
  test('prints totals, latencies and outcomes', async () => {
    const socket = freshSocket()
    await startDaemon({ args: ['--socket', socket, '--contract', contract] })
    for (const body of ['{"id":"a"}', '{"id":"b"}', '{}'])
      await ask(socket, '/v1/contracts/Order_v1.2/process', { body })
    const { status, stdout } = await sidelane(['stats', '--socket', socket])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^ {2}daemon +node \d/m)
    expect(stdout).toMatch(/^ {2}ran +mean .* ms, p50 ≤ /m)
    expect(stdout).toMatch(/^ +2 {2}Order_v1\.2 {2}http {2}accepted$/m)
    expect(stdout).toMatch(/^ +1 {2}Order_v1\.2 {2}http {2}validate\.failed$/m)
  })

  test('prints every sample with --json', async () => {
    const socket = freshSocket()
    await startDaemon({ args: ['--socket', socket, '--contract', contract] })
    const { stdout } = await sidelane(['stats', '--socket', socket, '--json'])
    expect(JSON.parse(stdout)).toContainEqual({ name: 'sidelane_contracts', labels: {}, value: 1 })
    expect(JSON.parse(stdout)).toContainEqual({
      name: 'sidelane_connections',
      labels: { protocol: 'framed' },
      value: 0,
    })
  })

  test('exits 3 when no daemon answers, and 1 when the server has no metrics', async () => {
    const socket = freshSocket()
    expect((await sidelane(['stats', '--socket', socket])).status).toBe(3)
    const server = createServer((_, response) => response.writeHead(404).end()).listen(socket)
    expect((await sidelane(['stats', '--socket', socket])).status).toBe(1)
    server.close()
  })
})
