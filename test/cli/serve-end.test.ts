// How `sidelane serve` ends with what started it: itself, npx, or its stdin. No process may remain.
import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Running } from '../support/cli.ts'
import { ask, daemonKinds, needDaemon } from '../support/daemon.ts'
import { freshFolder } from '../support/folders.ts'
import { contractOf } from '../support/locks.ts'
import { childrenOf, isGone, needProc } from '../support/processes.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { bin: { sidelane: string } }
const { lock } = contractOf({}, { name: 'order' })

/** A project that has the package installed. */
function project(): { folder: string; socket: string; args: readonly string[] } {
  const folder = freshFolder()
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules/sidelane'))
  symlinkSync(join('../sidelane', bin.sidelane), join(folder, 'node_modules/.bin/sidelane'))
  // As npm does when it links a program.
  chmodSync(join(root, bin.sidelane), 0o755)
  writeFileSync(join(folder, 'package.json'), '{"name":"app","version":"1.0.0"}')
  writeFileSync(join(folder, 'order.lock.json'), JSON.stringify(lock))
  const socket = join(folder, 's.sock')
  return { folder, socket, args: ['--socket', socket, '--contract', join(folder, 'order.lock.json')] }
}

const familyOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(familyOf)]

/** All processes, once the daemon listens. */
async function family(child: ChildProcess): Promise<number[]> {
  let log = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text))
  await expect.poll(() => log).toContain('"listening"')
  const pids = familyOf(child.pid as number)
  onTestFinished(() => {
    for (const pid of pids) if (!isGone(pid)) process.kill(pid, 'SIGKILL')
  })
  return pids
}

const allGone = (pids: readonly number[], message: string): Promise<void> =>
  expect.poll(() => pids.filter((pid) => !isGone(pid)), { message }).toEqual([])

describe.each(daemonKinds)('serve --daemon %s', (kind) => {
  test.for([
    ['SIGTERM', 'one'],
    ['SIGHUP', 'one'],
    ['SIGKILL', 'one'],
    ['SIGINT', 'group'],
    ['SIGTERM', 'group'],
  ] as const)('ends when npx gets %s, as %s', { timeout: 60_000 }, async ([signal, whom], context) => {
    needDaemon(kind, context)
    needProc(context)
    const { folder, socket, args } = project()
    const child = spawn('npx', ['sidelane', 'serve', '--daemon', kind, ...args], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    })
    const pids = await family(child)
    expect(pids.length).toBeGreaterThanOrEqual(3)
    const pid = child.pid as number
    process.kill(whom === 'group' ? -pid : pid, signal)
    await allGone(pids, signal)
    expect(existsSync(socket), 'the daemon drained').toBe(false)
  })

  test('ends when it is killed', async (context) => {
    needDaemon(kind, context)
    needProc(context)
    const { socket, args } = project()
    const { child } = new Running(['serve', '--daemon', kind, ...args])
    const pids = await family(child)
    child.kill('SIGKILL')
    await allGone(pids, 'SIGKILL')
    expect(existsSync(socket), 'the daemon drained').toBe(false)
  })

  test('does not end with its stdin, unless it is asked to', async (context) => {
    needDaemon(kind, context)
    needProc(context)
    const { socket, args } = project()
    const lasting = new Running(['serve', '--daemon', kind, ...args])
    await family(lasting.child)
    lasting.child.stdin.end()
    // Started after the end of that stdin.
    const { socket: second, args: others } = project()
    const ending = new Running(['serve', '--daemon', kind, '--exit-with-stdin', ...others])
    await family(ending.child)
    ending.child.stdin.end()
    expect((await ending.ended).status).toBe(0)
    expect(existsSync(second)).toBe(false)
    expect((await ask(socket, '/readyz')).status).toBe(200)
    lasting.child.kill('SIGTERM')
    expect((await lasting.ended).status).toBe(0)
  })

  test('passes contracts from its stdin on', async (context) => {
    needDaemon(kind, context)
    needProc(context)
    const { socket } = project()
    const running = new Running(['serve', '--daemon', kind, '--contracts-from-stdin', '--socket', socket])
    running.child.stdin.write(`${JSON.stringify({ lock: JSON.stringify(lock) })}\n{"load":true}\n`)
    await family(running.child)
    const page = await ask(socket, '/v1/contracts/order/process', { body: '[1]' })
    expect(page.status).toBe(200)
    running.child.stdin.end()
    expect((await running.ended).status).toBe(0)
  })
})
