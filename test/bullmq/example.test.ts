// docs/examples/queue: two workers and the producer, as processes of their own.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { keysOf, needRedis } from '../support/redis.ts'

const folder = new URL('../../docs/examples/queue/', import.meta.url).pathname

test('the example processes its orders', async (context) => {
  const server = await needRedis(context)
  const env = { ...process.env, REDIS_URL: server.url }
  for (const _ of [1, 2]) {
    const worker = spawn(process.execPath, ['worker.js'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void worker.kill('SIGKILL'))
    expect(String((await once(worker.stdout, 'data'))[0])).toBe('ready\n')
  }
  const { stdout } = await promisify(execFile)(process.execPath, ['producer.js'], { cwd: folder, env })
  expect(stdout).toBe('1000 accepted\n')
  expect(await keysOf(server, 'sidelane:r:*')).toHaveLength(1000)
})

test('its compose file starts a Redis that evicts nothing', () => {
  const { services } = parse(readFileSync(`${folder}compose.yaml`, 'utf8')) as {
    services: Record<string, { command: string[]; environment?: Record<string, string> }>
  }
  const command = services['redis']?.command.map(String) ?? []
  expect(command[command.indexOf('--maxmemory-policy') + 1]).toBe('noeviction')
  expect(services['worker']).toMatchObject({ command: ['node', 'worker.js'] })
  expect(services['producer']).toMatchObject({ command: ['node', 'producer.js'] })
})
