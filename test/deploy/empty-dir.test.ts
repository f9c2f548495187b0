// The socket in a folder as the kubelet makes an emptyDir: of root, writable for all, with the group of fsGroup. The daemon and
// its client are other users than root.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { ConditionVariable } from '../support/condition-variable.ts'
import { daemonKinds, needDaemon, programs, type DaemonKind } from '../support/daemon.ts'
import { freshFolder } from '../support/folders.ts'
import { needTool } from '../support/tools.ts'
import { root } from './deploy-kit.ts'

const daemonUser = 65_532
const app = 1000
const stranger = 1001

interface Pod {
  readonly directory: string
  readonly lock: string
}

function podOf(context: TestContext): Pod {
  if (process.getuid?.() !== 0) context.skip('only root can become another user')
  needTool('setpriv', context)
  const folder = freshFolder()
  chmodSync(folder, 0o755)
  const directory = join(folder, 'socket')
  mkdirSync(directory)
  chownSync(directory, 0, daemonUser)
  chmodSync(directory, 0o2777)
  const lock = join(folder, 'order.lock.json')
  writeFileSync(lock, JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'order', schema: {} }))
  return { directory, lock }
}

/** A command of a container, with the group of fsGroup. */
const asUser = (uid: number, command: readonly string[], groups = `${daemonUser}`): string[] => [
  'setpriv',
  ...[`--reuid=${uid}`, `--regid=${uid}`, groups === '' ? '--clear-groups' : `--groups=${groups}`],
  ...command,
]

function run(command: readonly string[]): { status: number | null; output: string } {
  const [program = '', ...args] = command
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8', timeout: 30_000 })
  return { status, output: stdout + stderr }
}

function daemonIn(kind: DaemonKind, { directory, lock }: Pod, more: readonly string[]): string[] {
  const args = ['--contract', lock, '--socket', join(directory, 's.sock'), '--socket-mode', '0660', ...more]
  return asUser(daemonUser, [...programs[kind], ...args])
}

function needOtherUser(kind: DaemonKind, context: TestContext): void {
  if (run(asUser(daemonUser, [...programs[kind], '--version'])).status !== 0) {
    context.skip('another user cannot read the package')
  }
}

test.for(daemonKinds)('%s refuses it by default, with the reason', (kind, context) => {
  needDaemon(kind, context)
  const pod = podOf(context)
  needOtherUser(kind, context)
  const { status, output } = run(daemonIn(kind, pod, []))
  expect([status, output]).toEqual([1, expect.stringContaining('Others may write to')])
})

test.for(daemonKinds)('%s serves in it with --allow-open-directory, to the group alone', async (kind, context) => {
  needDaemon(kind, context)
  const pod = podOf(context)
  needOtherUser(kind, context)
  // Node cannot read the uid of a client.
  const uids = kind === 'node' ? [] : ['--allow-uid', `${app}`, '--allow-uid', `${daemonUser}`]
  const [program = '', ...args] = daemonIn(kind, pod, ['--allow-open-directory', ...uids])
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const logged = new ConditionVariable()
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
    logged.notifyAll()
  })
  while (!log.includes('"listening"')) await logged.wait()
  const socket = join(pod.directory, 's.sock')
  const { mode, uid, gid } = statSync(socket)
  expect([(mode & 0o777).toString(8), uid, gid]).toEqual(['660', daemonUser, daemonUser])
  const ping = (user: number, groups?: string): ReturnType<typeof run> =>
    run(asUser(user, [process.execPath, 'dist/cli/main.js', 'ping', '--socket', socket], groups))
  expect(ping(daemonUser)).toMatchObject({ status: 0 })
  expect(ping(app)).toMatchObject({ status: 0 })
  expect(ping(app, '')).toMatchObject({ status: 3, output: expect.stringContaining('EACCES') })
  if (kind === 'sidelaned') expect(ping(stranger).output).toContain('does not serve uid 1001')
  // The mount of the app: it can connect, and replace nothing.
  const mounted = `mount --bind '${pod.directory}' '${pod.directory}' && mount -o remount,ro,bind '${pod.directory}'`
  const canMount = spawnSync('unshare', ['--mount', 'sh', '-c', mounted]).status === 0
  if (canMount) {
    const inApp = (...command: string[]): ReturnType<typeof run> =>
      run(['unshare', '--mount', 'sh', '-c', `${mounted} && exec "$@"`, 'sh', ...asUser(app, command)])
    expect(inApp(process.execPath, 'dist/cli/main.js', 'ping', '--socket', socket)).toMatchObject({ status: 0 })
    expect(inApp('mv', socket, `${socket}.old`).output).toContain('Read-only file system')
  }
})
