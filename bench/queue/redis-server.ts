// A real Redis (or Valkey) of this machine, on a free loopback port and in a folder of its own, for the benchmark, the proof and
// the tests.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

export interface RedisServerOptions {
  /** More options of redis-server, such as `--appendonly yes`. */
  readonly args?: readonly string[]
  readonly password?: string
}

const maxTries = 20
const names = ['redis-server', 'valkey-server']

/** The program, or undefined where none is installed. */
export function findRedis(): string | undefined {
  return names.find((name) => {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })
}

export class RedisServer {
  readonly port: number
  readonly url: string
  readonly #folder: string
  readonly #password: string | undefined
  #args: readonly string[]
  #child: ChildProcess | undefined

  private constructor(port: number, { args = [], password }: RedisServerOptions) {
    this.port = port
    this.#password = password
    this.url = `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`
    this.#args = args
    this.#folder = mkdtempSync(join(tmpdir(), 'sidelane-redis-'))
  }

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options)
    await server.start()
    return server
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Starts it with the data that it left. */
  async start(args: readonly string[] = this.#args): Promise<void> {
    this.#args = args
    const program = findRedis()
    if (program === undefined) throw new Error('redis-server is not installed')
    const secret = this.#password === undefined ? [] : ['--requirepass', this.#password]
    const place = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.#folder, '--save', '']
    for (let tries = 1; ; tries++) {
      const child = spawn(program, [...place, ...secret, ...args], { stdio: 'ignore' })
      this.#child = child
      if (await this.#isReady(child)) return
      if (tries === maxTries) throw new Error(`${program} does not start on port ${this.port}`)
    }
  }

  /** `clean`: it writes everything first. `kill`: SIGKILL. */
  async end(how: 'clean' | 'kill'): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(how === 'clean' ? 'SIGTERM' : 'SIGKILL')
    await ended
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.end('kill')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  client(): Redis {
    return new Redis(this.url, { retryStrategy: () => 50 })
  }

  /** Runs work with a client of its own. */
  async with<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    const client = this.client()
    client.on('error', () => undefined)
    try {
      return await work(client)
    } finally {
      client.disconnect()
    }
  }

  /** False: it has ended, or does not answer. */
  async #isReady(child: ChildProcess): Promise<boolean> {
    const ended = once(child, 'exit').then(() => false)
    const ready = this.with(async (client) => {
      while (child.exitCode === null && child.signalCode === null) {
        // While it loads its data, the client is not ready.
        if (client.status === 'ready') return true
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      return false
    })
    return Promise.race([ready, ended])
  }
}

/**
 * A port below those that the system gives to outgoing connections: otherwise such a connection, even one of a client that tries
 * to reach this port, could take it while the server is down.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    const server = createServer()
    const isFree = new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).once('listening', () => resolve(true))
    })
    server.listen(port, '127.0.0.1')
    if (!(await isFree)) continue
    server.close()
    await once(server, 'close')
    return port
  }
}
