// Shared by the fault rows about daemons: a daemon under test with a client, and the oracles that observe the daemon from
// outside (O1 by its metrics, O3, O4, O6, O7). Those about calls are in oracles.ts.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHost, type HostOptions, type Processor } from 'sidelane'
import { expect, onTestFinished, type TestContext } from 'vitest'
import { ask, Daemon, needDaemon, startDaemon, type DaemonKind } from '../support/daemon.ts'
import { freshFolder } from '../support/folders.ts'
import { contractOf } from '../support/locks.ts'
import { anything, mix } from './fault-kit.ts'
import { holdings, Trial, type Ending } from './oracles.ts'

export { anything, mix } from './fault-kit.ts'
export { freshFolder } from '../support/folders.ts'

/** The contract of rows that write frames themselves: counted separately from the calls of the client. */
export const raw: ReturnType<typeof contractOf> = contractOf({}, { name: 'raw', limits: { maxBytes: 100_000 } })

/** Milliseconds of work for a few kilobytes. */
export const slow: ReturnType<typeof contractOf> = contractOf(
  {},
  { name: 'slow', compress: { codec: 'brotli', level: 11 } },
)

/** In payloads of every row, and nowhere else (O6). */
const marker = 'planted-9f1c7e'

const settleMs = 5000
/** Time for an answer of /readyz (O7), and between two looks at it, in ms. */
const readyMs = 5000
const lookMs = 50
/** Collectors and allocators keep pages; a leak of one payload per call is larger. */
const rssSlack = 96 * 2 ** 20

export interface RowOptions extends HostOptions {
  /** More options of the daemon. */
  readonly args?: readonly string[]
  /** More environment of the daemon. */
  readonly env?: Readonly<Record<string, string>>
  /** The row kills or stops the daemon: counters restart at 0, and calls may fail meanwhile. */
  readonly kills?: boolean
  /** Allowed answers of /readyz beside ready. */
  readonly unready?: readonly string[]
}

export class Row {
  readonly kind: DaemonKind
  readonly folder: string
  readonly socket: string
  readonly trial: Trial
  readonly processor: Processor
  daemon: Daemon
  /** All daemons of the trial. */
  readonly daemons: Daemon[] = []
  readonly #args: readonly string[]
  readonly #env: Readonly<Record<string, string>>

  constructor(kind: DaemonKind, folder: string, { args = [], env = {} }: RowOptions, daemon: Daemon, trial: Trial) {
    this.kind = kind
    this.folder = folder
    this.socket = join(folder, 's.sock')
    this.#args = args
    this.#env = env
    this.daemon = daemon
    this.daemons.push(daemon)
    this.trial = trial
    this.processor = trial.processor
  }

  /** One more daemon with the same options: at the same path, unless `more` says otherwise. It may not start. */
  another(...more: readonly string[]): Daemon {
    const daemon = new Daemon({ kind: this.kind, args: [...this.#args, ...more], env: this.#env })
    this.daemons.push(daemon)
    return daemon
  }

  async kill(): Promise<void> {
    this.daemon.child.kill('SIGKILL')
    await this.daemon.exited
  }

  /** Starts a daemon in place of the one that ended. */
  async restart(...more: readonly string[]): Promise<void> {
    const daemon = this.another(...more)
    await daemon.event('listening')
    this.daemon = daemon
  }

  metrics(): Promise<string> {
    return metricsOf(this.socket)
  }

  /** Retries until a call succeeds; resolves with the time it took, in ms. */
  async back(): Promise<number> {
    const startedAt = performance.now()
    const pauseMs = 5
    for (let leftMs = settleMs; ; leftMs -= pauseMs) {
      const { code } = await this.trial.offer('[1]')
      if (code === 'ok') return performance.now() - startedAt
      if (leftMs <= 0) throw new Error(`Not back within ${settleMs} ms: ${code}`)
      await sleep(pauseMs)
    }
  }
}

/**
 * Kills the daemon every second for `ms`, at 200 calls a second, and returns how the calls ended. Where a start takes long it
 * runs longer, so that there is one most of the time.
 */
export async function killEverySecond(row: Row, ms: number): Promise<Ending[]> {
  const until = performance.now() + ms
  const over = new AbortController()
  const killer = (async () => {
    for (let startMs = 0; !over.signal.aborted;) {
      await sleep(Math.max(1000, 4 * startMs))
      await row.kill()
      const killedAt = performance.now()
      await row.restart()
      startMs = performance.now() - killedAt
    }
  })()
  const calls: Promise<Ending>[] = []
  while (performance.now() < until) {
    calls.push(row.trial.offer('[1,2,3]', { deadlineMs: 1000 }))
    await sleep(5)
  }
  over.abort()
  await killer
  return Promise.all(calls)
}

/**
 * Starts a daemon and a client, runs the body, then checks all oracles of both: while the client runs, after its close, and
 * after the stop of the daemon.
 */
export async function onDaemon(
  context: TestContext,
  kind: DaemonKind,
  body: (row: Row) => Promise<void>,
  { args: more = [], env: moreEnv = {}, kills = false, unready = [], ...options }: RowOptions = {},
): Promise<void> {
  needDaemon(kind, context)
  const folder = freshFolder()
  const locks = join(folder, 'locks')
  mkdirSync(locks)
  for (const { name, lock } of [anything, raw, slow])
    writeFileSync(join(locks, `${name}.lock.json`), JSON.stringify(lock))
  const socket = join(folder, 's.sock')
  const args = ['--socket', socket, '--contract', locks, '--log-sample', '1', ...more]
  // A busy machine is no overload: a burst may drain slowly, and a request without a deadline be late.
  const env = { SIDELANED_MAX_QUEUE_MS: '60000', SIDELANED_DEADLINE_MS: '60000', ...moreEnv }
  const first = await startDaemon({ kind, args, env })
  const setup: HostOptions = { placement: 'sidecar', socket, deadlineMs: 10_000, maxQueueMs: 60_000, ...options }
  const engine = await warmUp(setup)
  await using referenceHost = await createHost({ engine })
  const before = countsOf(await metricsOf(socket))
  const alone = await settled(first)

  const host = await createHost(setup)
  onTestFinished(() => host.destroy())
  const trial = new Trial(host, host.processor(anything), setup.deadlineMs)
  const row = new Row(kind, folder, { args, env }, first, trial)
  await trial.offerAll([`{"marker":"${marker}"}`, `{"${marker}":1,"${marker}":2}`, `["${marker}"`])
  const alive = holdings()
  const watch = new ReadyWatch(socket)
  await body(row)
  await watch.stop({ kills, unready })
  await trial.judge(referenceHost.processor(anything), alive)
  await host.close()

  const { daemon } = row
  await idle(socket)
  if (!kills) {
    expect([daemon.child.exitCode, daemon.child.signalCode, daemon], 'O3: the same process').toEqual([
      null,
      null,
      first,
    ])
    countedAlike(trial, before, countsOf(await row.metrics()))
    await givenBack(daemon, alone)
  }
  expect(await row.metrics(), 'O6: in no metric').not.toContain(marker)
  expect(await daemon.stop(), 'the daemon ends well').toBe(0)
  for (const { stderr } of row.daemons) expect(stderr, 'O6: in no line of the log').not.toContain(marker)
  expect(existsSync(socket), 'the socket goes with its daemon').toBe(false)
}

/** Makes the daemon allocate what it keeps: connections of both protocols, payloads of each kind. Returns its engine. */
async function warmUp(setup: HostOptions): Promise<'js' | 'native'> {
  await using host = await createHost(setup)
  const processor = host.processor(anything)
  for (const payload of mix(50)) await processor.process(payload)
  await ask(setup.socket as string, '/readyz')
  return host.engine.kind as 'js' | 'native'
}

export const metricsOf = async (socket: string): Promise<string> => (await ask(socket, '/metrics')).body.toString()

/** One gauge or counter, by its name and labels as on the page; 0 when it is missing. */
export const sampleOf = (text: string, name: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1) ?? 0,
  )

type Counts = Readonly<Record<string, number>>

/** Framed requests for the contract of the trials, by their code. */
const countsOf = (text: string): Counts =>
  Object.fromEntries(
    [...text.matchAll(/^sidelane_requests_total\{contract="anything",protocol="framed",code="([^"]+)"\} (\d+)$/gm)].map(
      ([, code, count]) => [code, Number(count)],
    ),
  )

/** O1: the daemon counts what the client saw, except for calls that the client had given up. */
function countedAlike(trial: Trial, before: Counts, after: Counts): void {
  const { accepted, rejected, deadlineExceeded, cancelled, failed } = trial.processor.stats()
  const grown = (code: string): number => (after[code] ?? 0) - (before[code] ?? 0)
  const dataCodes = Object.keys(after).filter((code) => /^(?:parse|number|limit|validate)\./.test(code))
  const counted = { accepted: grown('accepted'), rejected: dataCodes.reduce((sum, code) => sum + grown(code), 0) }
  const unknown = deadlineExceeded + cancelled + failed
  const message = `O1: client ${JSON.stringify(trial.processor.stats())}, daemon ${JSON.stringify(counted)}`
  for (const [own, theirs] of [
    [accepted, counted.accepted],
    [rejected, counted.rejected],
  ] as const) {
    expect(theirs, message).toBeGreaterThanOrEqual(own)
    expect(theirs, message).toBeLessThanOrEqual(own + unknown)
  }
  expect(counted.accepted + counted.rejected, message).toBeLessThanOrEqual(accepted + rejected + unknown)
}

/** O4: no request is in flight or queued, and no client is connected. */
async function idle(socket: string): Promise<void> {
  const gauges = [
    'sidelane_in_flight',
    'sidelane_queued',
    'sidelane_queued_bytes',
    'sidelane_connections{protocol="framed"}',
  ]
  await expect
    .poll(async () => metricsOf(socket).then((text) => gauges.filter((name) => sampleOf(text, name) !== 0)), {
      message: 'O4: the gauges are back',
      timeout: settleMs,
    })
    .toEqual([])
}

interface Held {
  readonly fds: number
  readonly threads: number
  readonly rss: number
}

function heldBy({ child: { pid } }: Daemon): Held {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    fds: readdirSync(`/proc/${pid}/fd`).length,
    threads: Number(/^Threads:\s+(\d+)$/m.exec(status)?.[1]),
    rss: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024,
  }
}

/** Connections of the test itself may still be closing. */
async function settled(daemon: Daemon): Promise<Held> {
  let held = heldBy(daemon)
  for (let same = 0; same < 3;) {
    await sleep(30)
    const next = heldBy(daemon)
    same = next.fds === held.fds && next.threads === held.threads ? same + 1 : 0
    held = next
  }
  return held
}

/** O4: the resources of the daemon are those from before. */
async function givenBack(daemon: Daemon, before: Held): Promise<void> {
  await expect
    .poll(
      () => {
        const { fds, threads, rss } = heldBy(daemon)
        const grown = { fds: fds - before.fds, threads: threads - before.threads, rss: rss - before.rss }
        return grown.fds <= 0 && grown.threads <= 0 && grown.rss <= rssSlack ? 'all' : grown
      },
      { message: 'O4: the daemon holds what it held before', timeout: settleMs },
    )
    .toBe('all')
}

/** O7: requests /readyz during the whole trial. */
class ReadyWatch {
  readonly #seen = new Set<string>()
  readonly #done: Promise<void>
  #going = true

  constructor(socket: string) {
    this.#done = this.#look(socket)
  }

  async stop({ kills, unready }: { readonly kills: boolean; readonly unready: readonly string[] }): Promise<void> {
    this.#going = false
    await this.#done
    const usual = new Set(['200 ', ...unready.map((reason) => `503 ${reason}`), ...(kills ? ['gone'] : [])])
    expect(
      [...this.#seen].filter((answer) => !usual.has(answer)),
      'O7: unexpected answers of /readyz',
    ).toEqual([])
  }

  async #look(socket: string): Promise<void> {
    while (this.#going) {
      const page = ask(socket, '/readyz').then(
        ({ status, body }) => {
          const { ready, reasons } = JSON.parse(body.toString()) as { ready: boolean; reasons: string[] }
          return ready === (status === 200) ? `${status} ${reasons.join()}` : `${status}, and ready is ${ready}`
        },
        // The row has filled the backlog: the request is repeated.
        ({ code }: NodeJS.ErrnoException) => (code === 'EAGAIN' ? undefined : 'gone'),
      )
      const over = new AbortController()
      // Time for which this thread was blocked does not count.
      const late = async (): Promise<string> => {
        for (let leftMs = readyMs; leftMs > 0 && !over.signal.aborted; leftMs -= lookMs)
          await sleep(lookMs, undefined, { ref: false })
        return 'gone'
      }
      const answer = await Promise.race([page, late()])
      over.abort()
      if (answer !== undefined) this.#seen.add(answer)
      await sleep(lookMs)
    }
  }
}
