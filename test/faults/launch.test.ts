// Fault rows about a launched daemon whose app is killed: nothing of the app remains, in memory or on disk.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ask, daemonKinds, needDaemon, type DaemonKind } from '../support/daemon.ts'
import { contractOf } from '../support/locks.ts'
import { childrenOf, isGone, needProc } from '../support/processes.ts'

const keyed = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })
const key = 'planted-key-51c0-planted'

const script = `
  import { createHost, parseContract } from 'sidelane'
  const [daemon, lock, key] = process.argv.slice(1)
  const host = await createHost({ placement: 'sidecar', launch: { daemon }, deadlineMs: 20_000 })
  const processor = host.processor(parseContract(lock), { digestKey: Buffer.from(key) })
  console.log((await processor.process('1')).digest, host.engine.reason)
  setInterval(() => {}, 1000)
`

/** An app with a launched daemon, and what it prints when a call was answered. */
function startApp(kind: DaemonKind): { readonly app: ChildProcess; readonly ready: Promise<string> } {
  const args = ['--input-type=module', '-e', script, kind, JSON.stringify(keyed.lock), key]
  const app = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void app.kill('SIGKILL'))
  return { app, ready: new Promise((resolve) => app.stdout?.once('data', (text: Buffer) => resolve(text.toString()))) }
}

const foldersOf = ({ pid }: ChildProcess): string[] =>
  readdirSync(tmpdir())
    .filter((name) => name.startsWith(`sidelane-launch-${pid}-`))
    .map((name) => join(tmpdir(), name))

describe.each(daemonKinds)('%s', (kind) => {
  test('F85: the app is killed: its daemon ends, and the directory goes; the key was on no disk', async (context) => {
    needDaemon(kind, context)
    needProc(context)
    const { app, ready } = startApp(kind)
    expect(await ready).toMatch(/^[0-9a-f]{64} /)
    const [folder = ''] = foldersOf(app)
    expect(readdirSync(folder)).toEqual(['s.sock'])
    const [daemon = 0] = childrenOf(app.pid as number)
    for (const file of ['cmdline', 'environ'])
      expect(readFileSync(`/proc/${daemon}/${file}`, 'latin1')).not.toContain(key)
    app.kill('SIGKILL')
    await expect.poll(() => isGone(daemon)).toBe(true)
    expect(existsSync(folder)).toBe(false)
  })

  test('F85: the app is killed while its daemon starts: the same', async (context) => {
    needDaemon(kind, context)
    needProc(context)
    for (const waitMs of [0, 5, 20, 60]) {
      const { app } = startApp(kind)
      await expect.poll(() => childrenOf(app.pid as number).length, { interval: 2 }).toBe(1)
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      const [daemon = 0] = childrenOf(app.pid as number)
      const folders = foldersOf(app)
      expect(folders).toHaveLength(1)
      app.kill('SIGKILL')
      await expect.poll(() => isGone(daemon)).toBe(true)
      expect(folders.filter((folder) => existsSync(folder))).toEqual([])
    }
  })

  test('F85: the daemon is killed: the next one has the same contracts and keys', async (context) => {
    needDaemon(kind, context)
    needProc(context)
    const { app, ready } = startApp(kind)
    await ready
    const [folder = ''] = foldersOf(app)
    const [daemon = 0] = childrenOf(app.pid as number)
    process.kill(daemon, 'SIGKILL')
    await expect.poll(() => isGone(daemon)).toBe(true)
    const digest = async (): Promise<unknown> => {
      const path = '/v1/contracts/keyed/process'
      return ask(join(folder, 's.sock'), path, { body: '1' }).then(
        ({ headers }) => headers['sidelane-digest'],
        () => undefined,
      )
    }
    await expect.poll(digest).toBe((await ready).slice(0, 64))
    app.kill('SIGTERM')
    await expect.poll(() => existsSync(folder)).toBe(false)
  })
})
