// The rollout file when the disk is full or read-only, when a process is killed or stopped while it writes, and when the clock
// jumps (F105–F109).
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { updateEntries } from '../../src/rollout/index.ts'
import { open, until } from '../rollout/rollout-kit.ts'
import { sidelane } from '../support/cli.ts'
import { freshFolder } from '../support/folders.ts'
import { stopProcess } from '../support/processes.ts'
import { needStrace, needTool } from '../support/tools.ts'

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

interface Entry {
  readonly percent: number
  readonly held: boolean
}
const read = (path: string): Record<string, Entry> => JSON.parse(readFileSync(path, 'utf8')) as Record<string, Entry>

function freshRolloutFile(percent: number): { readonly folder: string; readonly file: string } {
  const folder = freshFolder()
  const file = join(folder, 'rollout.json')
  writeFileSync(file, JSON.stringify({ order: { percent, held: false } }))
  return { folder, file }
}

const set = (file: string, percent: number): string[] => [
  cli,
  'rollout',
  'set',
  'order',
  String(percent),
  '--file',
  file,
]

/** `sidelane rollout set` under strace, with these faults. */
const traced = (file: string, percent: number, ...inject: readonly string[]): ReturnType<typeof spawnSync> =>
  spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', ...inject, process.execPath, ...set(file, percent)], {
    encoding: 'utf8',
    timeout: 120_000,
  })

interface Owner {
  readonly pid: number
  readonly started: string
}

/** Another process, and the lock of this file as it would take it. */
async function holder(file: string): Promise<{ readonly child: ChildProcess; readonly owner: Owner }> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'spawn')
  let own: Owner | undefined
  await updateEntries(file, () => {
    own = JSON.parse(readFileSync(`${file}.lock`, 'utf8')) as Owner
    return undefined
  })
  const pid = child.pid as number
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ''
  const owner = { ...(own as Owner), pid, started: stat.split(' ')[21] ?? '' }
  writeFileSync(`${file}.lock`, JSON.stringify(owner))
  return { child, owner }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

describe('the rollout file', () => {
  test.for(['rename,renameat,renameat2', 'fsync'])(
    'F105: a process that is killed at %s leaves the old state, and the next one goes on at once',
    async (call, context) => {
      needStrace(context)
      const { folder, file } = freshRolloutFile(5)
      traced(file, 50, '-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL`)
      expect(read(file)['order']?.percent).toBe(5)
      expect(readdirSync(folder)).toContain('rollout.json.lock')
      const startedAt = performance.now()
      expect((await sidelane(['rollout', 'set', 'order', '60', '--file', file])).status).toBe(0)
      expect(performance.now() - startedAt, 'it does not wait for a dead process').toBeLessThan(5000)
      expect([read(file)['order']?.percent, readdirSync(folder)]).toEqual([60, ['rollout.json']])
    },
  )

  test.for(['ENOSPC', 'EIO'])('F106: the disk is full (%s): the old state holds', (error, context) => {
    needStrace(context)
    const { folder, file } = freshRolloutFile(5)
    for (const path of [`${file}.tmp`, `${file}.lock`]) {
      const inject = [
        '-P',
        path,
        '-e',
        'trace=write,pwrite64,writev',
        '-e',
        `inject=write,pwrite64,writev:error=${error}`,
      ]
      const { status, stderr } = traced(file, 50, ...inject)
      expect([status, stderr]).toEqual([1, expect.stringContaining(error)])
      expect([read(file)['order']?.percent, readdirSync(folder)]).toEqual([5, ['rollout.json']])
    }
  })

  test('F107: a user who may not write there is told so, and a rollout follows the file nevertheless', async (context) => {
    needTool('setpriv', context)
    if (process.getuid?.() !== 0) context.skip('only root may become another user')
    const { folder, file } = freshRolloutFile(5)
    const { rollout, events } = await open({ file })
    chmodSync(folder, 0o755)
    const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups']
    const { status, stderr } = spawnSync('setpriv', [...nobody, process.execPath, ...set(file, 50)], {
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([1, expect.stringContaining('EACCES')])
    expect([read(file)['order']?.percent, rollout.percent]).toEqual([5, 5])
    writeFileSync(file, JSON.stringify({ order: { percent: 6 } }))
    await until('it follows', () => rollout.percent === 6)
    expect(events.filter(({ type }) => type === 'file')).toEqual([])
  })

  test('F108: a clock that jumps breaks no lock that is held', async () => {
    const { file } = freshRolloutFile(5)
    await holder(file)
    const change = updateEntries(file, (entries) => ({ ...entries, order: { percent: 7, held: false } }))
    for (const time of [0, Date.now() / 1000 + 86_400, Date.now() / 1000 - 3600]) {
      utimesSync(`${file}.lock`, time, time)
      await new Promise((resolve) => setTimeout(resolve, 40))
      expect([read(file)['order']?.percent, existsSync(`${file}.lock`)]).toEqual([5, true])
    }
    rmSync(`${file}.lock`)
    await change
    expect(read(file)['order']?.percent).toBe(7)
  })

  test('F109: a process that is stopped keeps its lock, and who waits is told; a killed one loses it', async () => {
    const { folder, file } = freshRolloutFile(5)
    const { child } = await holder(file)
    await stopProcess(child)
    const change = (percent: number): Promise<void> =>
      updateEntries(file, (entries) => ({ ...entries, order: { percent, held: false } }))
    await expect(change(8)).rejects.toThrow(`${file}.lock is held by another process`)
    expect(read(file)['order']?.percent).toBe(5)
    await kill(child)
    await change(9)
    expect([read(file)['order']?.percent, readdirSync(folder)]).toEqual([9, ['rollout.json']])
  })

  test('F109: locks without an owner that can be asked are broken after 5 s, and one of a number that is used again at once', async () => {
    const { folder, file } = freshRolloutFile(5)
    const lock = `${file}.lock`
    const change = (percent: number): Promise<void> =>
      updateEntries(file, (entries) => ({ ...entries, order: { percent, held: false } }))
    const { child, owner } = await holder(file)
    await kill(child)
    const startedAt = performance.now()
    if (owner.started !== '') {
      writeFileSync(lock, JSON.stringify({ ...owner, pid: process.pid }))
      await change(10)
      expect(performance.now() - startedAt).toBeLessThan(4000)
    }
    const unknown = ['', 'x', 'null', '{}', JSON.stringify({ ...owner, place: 'elsewhere' })]
    await Promise.all(
      unknown.map(async (content, i) => {
        const other = `${file}${i}`
        writeFileSync(`${other}.lock`, content)
        await updateEntries(other, () => ({ order: { percent: i, held: false } }))
        expect([read(other)['order']?.percent, existsSync(`${other}.lock`)], content).toEqual([i, false])
        rmSync(other)
      }),
    )
    await change(11)
    expect([read(file)['order']?.percent, readdirSync(folder)]).toEqual([11, ['rollout.json']])
    // What is no file is no lock either, and is left alone.
    mkdirSync(lock)
    await expect(change(12)).rejects.toThrow(/rollout\.json\.lock/)
    expect([read(file)['order']?.percent, existsSync(lock)]).toEqual([11, true])
  })
})
