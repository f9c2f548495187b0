// Worker processes: `sidelane worker`, which can be killed and are replaced.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const root = new URL(import.meta.url.includes('/build/bench/') ? '../../../' : '../../', import.meta.url)
const cli = fileURLToPath(new URL('dist/cli/main.js', root))

export class WorkerProcesses {
  readonly #args: readonly string[]
  readonly #workers = new Set<ChildProcess>()
  /** Those that have said so, the oldest first. */
  readonly #serving = new Set<ChildProcess>()
  kills = 0
  /** What they wrote to stderr: for a failure that has to be explained. */
  log = ''

  constructor(args: readonly string[]) {
    this.#args = args
  }

  get pids(): number[] {
    return [...this.#workers].map(({ pid }) => pid as number)
  }

  /** Resolves when they serve. */
  async start(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#startOne()))
  }

  /** SIGKILL for the one that has served for the longest time, while another one serves; a new one is started at once. */
  kill(): void {
    const [victim, other] = this.#serving
    if (victim === undefined || other === undefined) return
    this.#workers.delete(victim)
    this.#serving.delete(victim)
    this.kills++
    victim.kill('SIGKILL')
    this.#startOne().catch((error: unknown) => (this.log += String(error)))
  }

  /** SIGTERM: they finish what they run. Returns their exit codes. */
  async stop(): Promise<(number | null)[]> {
    return Promise.all(
      [...this.#workers].map(async (worker) => {
        const ended = once(worker, 'exit') as Promise<[number | null]>
        worker.kill('SIGTERM')
        return (await ended)[0]
      }),
    )
  }

  async #startOne(): Promise<void> {
    const worker = spawn(process.execPath, [cli, 'worker', ...this.#args], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#workers.add(worker)
    await new Promise<void>((resolve, reject) => {
      worker.stderr.setEncoding('utf8').on('data', (text: string) => {
        this.log = (this.log + text).slice(-20_000)
        if (!text.includes('sidelane: serves')) return
        if (this.#workers.has(worker)) this.#serving.add(worker)
        resolve()
      })
      worker.once('exit', (code) => {
        this.#serving.delete(worker)
        if (this.#workers.delete(worker)) reject(new Error(`A worker ended with code ${code}: ${this.log.slice(-500)}`))
      })
    })
  }
}
