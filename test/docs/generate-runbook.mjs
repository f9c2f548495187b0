// Writes docs/runbook.md: breaks a daemon in three ways and shows what the commands print. `npm run generate:runbook`, after
// `npm run build:all`. With a path as argument it writes there.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createProcessor, createRollout, defineContract, norm } from 'sidelane'
import * as z from 'zod'

const root = fileURLToPath(new URL('../../', import.meta.url))
const page = process.argv[2] ?? join(root, 'docs/runbook.md')
const sidelaned = join(root, 'native/sidelaned')
const startMs = 10_000

const email = norm(z.email(), ['trim', 'lower'])
const order = defineContract({ name: 'order', schema: z.strictObject({ id: z.int().min(1), email }) })
/** The contract after a change that the app does not have yet. */
const newOrder = defineContract({
  name: 'order',
  schema: z.strictObject({ id: z.int().min(1), email, note: z.string() }),
})
/** A neighbour whose payloads take long. */
const report = defineContract({ name: 'report', schema: z.string(), compress: { codec: 'brotli', level: 9 } })

/** One daemon and one app in a folder of their own. */
class Stage {
  folder = mkdtempSync(join(tmpdir(), 'sidelane-runbook-'))
  socket = this.path('sidelane.sock')
  calls = 0

  path(name) {
    return join(this.folder, name)
  }

  async open() {
    for (const [name, { lock }] of Object.entries({ order, newOrder, report })) {
      writeFileSync(this.path(`${name}.lock.json`), JSON.stringify(lock))
    }
    await this.serve('order')
    this.rollout = await createRollout({
      contract: order,
      baseline: (payload) => ({ ok: true, body: Buffer.from(/** @type {string} */ (payload)) }),
      candidate: await createProcessor(order, { placement: 'sidecar', socket: this.socket }),
      file: this.path('rollout.json'),
      log: (line) => appendFileSync(this.path('app.log'), `${line}\n`),
    })
    await this.sidelane('rollout', 'set', 'order', '25', '--reason', 'day two')
    await until(() => this.rollout.percent === 25)
    await this.offer(400)
  }

  async serve(...contracts) {
    const locks = contracts.flatMap((name) => ['--contract', this.path(`${name}.lock.json`)])
    const args = ['--socket', this.socket, ...locks, '--log-sample', '1', '--threads', '1', '--max-queue', '2']
    const log = openSync(this.path('daemon.log'), 'w')
    this.daemon = spawn(sidelaned, args, { stdio: ['ignore', 'ignore', log] })
    await until(() => existsSync(this.socket) && readFileSync(this.path('daemon.log'), 'utf8').includes('"listening"'))
  }

  async kill() {
    this.daemon.kill('SIGKILL')
    await once(this.daemon, 'exit')
  }

  /** Calls of the app, one after the other. */
  async offer(count) {
    for (let i = 0; i < count; i++) {
      this.calls++
      await this.rollout.process(JSON.stringify({ id: this.calls, email: `ada.${this.calls}@example.org` }))
    }
  }

  /** Until a guard sends all calls back. */
  async offerUntilBack() {
    await until(async () => {
      await this.offer(20)
      return this.rollout.held
    })
  }

  async sidelane(...args) {
    const env = { ...process.env, NO_COLOR: '1' }
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [join(root, 'dist/cli/main.js'), ...args],
        { cwd: this.folder, env },
        (error, out, err) => resolve({ status: error?.code ?? 0, text: `${out}${err}` }),
      )
    })
  }

  async close() {
    await this.rollout.destroy()
    if (this.daemon.exitCode === null && this.daemon.signalCode === null) await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** The command as it is typed and what it prints, without what differs between two machines. */
  async show(line, keep = () => true) {
    const args = line.split(' ').map((arg) => (arg === 'SOCKET' ? this.socket : arg))
    const { status, text } = await this.sidelane(...args)
    const shown = text.trimEnd().split('\n').filter(keep).join('\n')
    const whole = `$ sidelane ${args.join(' ')}\n${shown}${status === 0 ? '' : `\n(exit code ${status})`}`
    return whole
      .replaceAll(this.folder, '/run/app')
      .replaceAll(root, '/app/node_modules/sidelane/')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-01-02T03:04:05.678Z')
      .replaceAll(/pid=\d+/g, 'pid=4711')
  }

  /** All six; `log` is the one that differs from case to case. */
  async showAll(log, keep) {
    const blocks = [await this.show(doctor, keep)]
    for (const line of [ping, stats, status, log, stop]) blocks.push(await this.show(line))
    return blocks
  }
}

async function until(condition) {
  const end = performance.now() + startMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not reached: ${condition}`)
    await sleep(10)
  }
}

/** What is fine says nothing about what is broken. */
const notOk = (line) => !/^(?:ok |sidelane |$)/.test(line)

const doctor = 'doctor --contract order.lock.json --socket SOCKET'
const ping = 'ping --socket SOCKET'
const stats = 'stats --socket SOCKET'
const status = 'rollout status'
const stop = 'rollout stop order'

/** Neighbours that send more than the daemon can do, until the returned function is called. */
function flood(socket, clients) {
  const stopped = new AbortController()
  const body = JSON.stringify('all work and no play '.repeat(40_000))
  const send = () =>
    new Promise((resolve) => {
      const options = { socketPath: socket, path: '/v1/contracts/report/process', method: 'POST', agent: false }
      request(options, (response) => response.resume().once('close', resolve))
        .once('error', resolve)
        .end(body)
    })
  const client = async () => {
    while (!stopped.signal.aborted) {
      await send()
      await sleep(5)
    }
  }
  const all = Promise.all(Array.from({ length: clients }, client))
  return () => {
    stopped.abort()
    return all
  }
}

const cases = [
  {
    title: 'Healthy',
    sees: 'The daemon is ready, `stats` counts `accepted`, the rollout runs, and the log has no other code.',
    does: 'Nothing. `rollout stop` is there for doubt: it sends all calls to the old path, and costs nothing but the new one.',
    show: (stage) => stage.showAll('log daemon.log --summary'),
  },
  {
    title: 'The daemon is gone',
    sees: 'Exit code 3: no daemon answers. A guard went back to 0 by itself, and the old path answers: no call is lost.',
    does: 'Read the last lines of `daemon.log` and start the daemon again. When `ping` says ready: `sidelane rollout set order 1`, and up from there.',
    async show(stage) {
      await stage.kill()
      await stage.offerUntilBack()
      return stage.showAll('log app.log', notOk)
    },
  },
  {
    title: 'The daemon is overloaded',
    sees: '`ping` says ready, but `stats` counts `refused` and `overloaded`, and the row with the most calls says by whom. A guard went back to 0.',
    does: 'Take the load away or give the daemon more `--threads`, or the noisy contract a daemon of its own. Then `sidelane rollout set order 1`.',
    async show(stage) {
      await stage.kill()
      await stage.serve('order', 'report')
      const end = flood(stage.socket, 32)
      try {
        await stage.offerUntilBack()
        return await stage.showAll('log daemon.log --code overloaded --summary', notOk)
      } finally {
        await end()
      }
    },
  },
  {
    title: 'The contracts differ',
    sees: '`ping` says ready and `stats` is quiet: the daemon refuses the contract itself, once for each connection. `doctor` names both ids.',
    does: 'Deploy the lock of the app to the daemon too, then `kill -HUP` it. While an app is replaced, the daemon serves both locks.',
    async show(stage) {
      await stage.kill()
      await stage.serve('newOrder')
      await stage.offerUntilBack()
      return stage.showAll('log daemon.log', notOk)
    },
  },
]

const parts = []
for (const { title, sees, does, show } of cases) {
  const stage = new Stage()
  try {
    await stage.open()
    const blocks = await show(stage)
    parts.push(
      `## ${title}\n\n**You see:** ${sees}\n\n**You do:** ${does}\n\n\`\`\`text\n${blocks.join('\n\n')}\n\`\`\`\n`,
    )
  } finally {
    await stage.close()
  }
}

writeFileSync(
  page,
  `# Runbook

Six commands say what is wrong between an app and its daemon: [\`doctor\`](cli.md#sidelane-doctor), [\`ping\`](cli.md#sidelane-ping),
[\`stats\`](cli.md#sidelane-stats), [\`rollout status\`](cli.md#sidelane-rollout-status), [\`log\`](cli.md#sidelane-log) and
[\`rollout stop\`](cli.md#sidelane-rollout-stop). Below, an app sends 25 % of its orders to a daemon ([rollout](rollout.md)), and each section shows what the commands print.
In doubt, \`sidelane rollout stop\` first: the old path answers within a second, and there is time to look.

The outputs are those of a run (\`npm run generate:runbook\` in a clone); paths, times and process ids are replaced. Of \`doctor\`, only the
healthy section shows the lines that are ok.

${parts.join('\n')}`,
)
