// `sidelane worker` and `sidelane process --queue` over a real Redis.
import { describe, expect, it } from 'vitest'
import { Running, sidelane, temporaryFiles } from '../support/cli.ts'
import { freePort } from '../support/free-port.ts'
import { connectionNames, needRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'

const file = temporaryFiles()
const secret = 'c0rrect-horse'
const lock = file(
  'visit.lock.json',
  JSON.stringify({
    profile: 'p1',
    unicode: '15.0',
    name: 'visit',
    schema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
  }),
)
const input = Array.from({ length: 300 }, (_, n) => (n === 7 ? '{"n":"x"}\n' : `{"n": ${n}}\n`)).join('')

async function serving(args: readonly string[]): Promise<Running> {
  const run = new Running(['worker', '--placement', 'inline', ...args, lock])
  await until(() => run.stderr.includes('serves') || run.child.exitCode !== null)
  return run
}

describe('worker and process --queue', () => {
  it('give the results of inline, in order, and hide the password', async (context) => {
    const server = await needRedis(context, { password: secret })
    const port = await freePort()
    const worker = await serving(['--queue', server.url, '--metrics', `127.0.0.1:${port}`])
    const inline = await sidelane(['process', '--contract', lock, '--placement', 'inline'], { input })
    const password = file('redis.secret', `${secret}\n`)
    for (const queue of [
      ['--queue', server.url],
      ['--queue', `redis://127.0.0.1:${server.port}`, '--queue-password-file', password],
    ]) {
      const run = await sidelane(['process', '--contract', lock, ...queue], { input })
      expect(run.stdout).toBe(inline.stdout)
      expect(run.stderr.split('\n')[0]).toBe(inline.stderr.split('\n')[0])
      expect(run).toMatchObject({ status: 1 })
      expect(run.stderr).toMatch(/300 payloads: 299 accepted, 1 rejected; .* \(queue\)\n$/)
      expect(run.stdout + run.stderr).not.toContain(secret)
    }
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    expect(page).toContain('sidelane_queue_payloads_total{queue="sidelane",role="worker",result="accepted"} 299\n')
    worker.child.kill('SIGTERM')
    const { status, stderr } = await worker.ended
    expect(status).toBe(0)
    expect(stderr).toMatch(/payloads: 299 accepted, 1 rejected, 300 duplicate/)
    expect(stderr).not.toContain(secret)
    await until(async () => (await connectionNames(server)).length === 0)
  })

  it('say what is wrong, without the URL', async (context) => {
    const server = await needRedis(context, { password: secret })
    const process = (url: string): string[] => ['process', '--contract', lock, '--queue', url]
    const worker = (url: string): string[] => ['worker', '--queue', url, lock]
    for (const [command, url, status, text] of [
      [process, `redis://:${secret}x@127.0.0.1:${server.port}`, 3, 'refuses the user or the password'],
      [worker, `redis://:${secret}x@127.0.0.1:${server.port}`, 3, 'refuses the user or the password'],
      [worker, `redis://:${secret}@127.0.0.1:1`, 3, 'does not answer (ECONNREFUSED)'],
      [process, `redis://:${secret}@127.0.0.1:99999`, 2, 'Expected --queue to be a URL'],
    ] as const) {
      const run = await sidelane(command(url), { input })
      expect(run).toMatchObject({ status, stdout: '' })
      expect(run.stderr).toContain(text)
      expect(run.stderr).not.toContain(secret)
    }
    const other = await sidelane(['process', '--contract', lock, '--queue', 'redis://h', '--threads', '2'])
    expect(other).toMatchObject({ status: 2 })
    expect(other.stderr).toContain('--threads is an option of the workers')
    expect(await sidelane(['worker', '--queue', 'redis://h'])).toMatchObject({ status: 2 })
    const noFile = await sidelane(['worker', '--queue', 'redis://h', '--queue-password-file', 'gone', lock])
    expect(noFile).toMatchObject({ status: 2 })
    expect(noFile.stderr).toContain('Cannot read the password file gone: there is no such file')
    const tls = ['--socket', 'tls://h:1', '--tls-cert', 'gone', '--tls-key', 'gone', '--tls-ca', 'gone']
    const sidecar = await sidelane(['worker', '--queue', server.url, '--placement', 'sidecar', ...tls, lock])
    expect(sidecar).toMatchObject({ status: 2 })
    expect(sidecar.stderr).toContain('Cannot read the TLS certificate gone: there is no such file')
  })
})
