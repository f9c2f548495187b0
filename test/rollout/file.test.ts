// The rollout file: watched, written by a rollout and by the command line, broken, linked, and read-only.
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { updateEntries } from '../../src/rollout/index.ts'
import { watchFile } from '../../src/rollout/watch.ts'
import { sidelane } from '../support/cli.ts'
import { freshFolder } from '../support/folders.ts'
import { open, until } from './rollout-kit.ts'

/** Replaces the file, so that no look at it sees a part. */
function write(path: string, content: unknown): void {
  writeFileSync(`${path}.new`, typeof content === 'string' ? content : JSON.stringify(content))
  renameSync(`${path}.new`, path)
}
const read = (path: string): Record<string, { percent: number; held: boolean; reason?: string }> =>
  JSON.parse(readFileSync(path, 'utf8')) as never

describe('a rollout with a file', () => {
  test('starts with what the file says, and follows it', async () => {
    const file = join(freshFolder(), 'rollout.json')
    write(file, { order: { percent: 12.5 }, other: { percent: 99 } })
    const { rollout, events } = await open({ file, percent: 1 })
    expect([rollout.percent, rollout.held]).toEqual([12.5, false])
    write(file, { order: { percent: 40, held: true, reason: 'lunch' } })
    await until('it follows', () => rollout.percent === 40)
    expect(rollout.held).toBe(true)
    expect(rollout.stats().rollout).toMatchObject({ percent: 40, held: true, reason: 'lunch' })
    expect(events.at(-1)).toEqual({
      contract: 'order',
      type: 'percent',
      from: 12.5,
      to: 40,
      held: true,
      by: 'file',
      reason: 'lunch',
    })
  })

  test('writes what code sets, keeps other entries, and leaves no other file', async () => {
    const folder = freshFolder()
    const file = join(folder, 'rollout.json')
    write(file, { other: { percent: 7, note: 'kept' } })
    const { rollout } = await open({ file })
    await rollout.set(25, { reason: 'looks good' })
    expect(read(file)).toMatchObject({
      other: { percent: 7, note: 'kept' },
      order: { percent: 25, held: false, reason: 'looks good' },
    })
    await Promise.all([rollout.set(30), rollout.set(35), rollout.stop()])
    expect([rollout.percent, rollout.held]).toEqual([0, true])
    expect(read(file)['order']).toMatchObject({ percent: 0, held: true })
    expect(readdirSync(folder)).toEqual(['rollout.json'])
    const again = await open({ file, percent: 50 })
    expect([again.rollout.percent, again.rollout.held]).toEqual([0, true])
  })

  test('keeps the last good state when the file is broken, says so once, and says when it is whole again', async () => {
    const file = join(freshFolder(), 'rollout.json')
    write(file, { order: { percent: 10 } })
    const { rollout, events, lines } = await open({ file })
    for (const [content, problem] of [
      ['{"order": {"percent": 9', `${file} is no JSON`],
      [[], `${file} is not an object with one entry for each contract`],
      [{ order: { percent: '5' } }, `${file}: "order" has no \`percent\` from 0 to 100`],
      [{ order: 5 }, `${file}: "order" is not an object`],
    ] as const) {
      write(file, content)
      await until(problem, () => events.some((event) => event.type === 'file' && event.problem === problem))
      expect(rollout.percent).toBe(10)
    }
    write(file, { order: { percent: 11 } })
    await until('it follows again', () => rollout.percent === 11)
    expect(events.filter(({ type }) => type === 'file').length).toBe(5)
    const line = lines
      .map((text) => JSON.parse(text) as { event: string })
      .find(({ event }) => event === 'rollout_file')
    expect(line).toMatchObject({ level: 'warn', contract: 'order', problem: `${file} is no JSON` })
  })

  test('follows a link that is switched, as a ConfigMap of Kubernetes is', async () => {
    const folder = freshFolder()
    const put = (version: string, percent: number): void => {
      mkdirSync(join(folder, version))
      write(join(folder, version, 'rollout.json'), { order: { percent } })
      symlinkSync(version, join(folder, '..data_tmp'))
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    }
    put('..2026_1', 5)
    symlinkSync(join('..data', 'rollout.json'), join(folder, 'rollout.json'))
    const { rollout } = await open({ file: join(folder, 'rollout.json') })
    expect(rollout.percent).toBe(5)
    put('..2026_2', 25)
    await until('it follows', () => rollout.percent === 25)
  })

  test('looks at it within each second where the system tells of no change', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    let looks = 0
    const stop = watchFile(join(freshFolder(), 'rollout.json'), () => looks++)
    onTestFinished(stop)
    for (let second = 1; second <= 3; second++) {
      vi.advanceTimersByTime(1000)
      expect(looks).toBeGreaterThanOrEqual(second)
    }
  })

  test('goes on in memory where it cannot write, and tells who asked', async () => {
    const folder = freshFolder()
    const file = join(folder, 'rollout.json')
    write(file, { order: { percent: 5 } })
    const { rollout, events } = await open({ file })
    // Root may write everywhere, but not into what is gone.
    rmSync(folder, { recursive: true })
    await expect(rollout.set(50)).rejects.toThrow(`${file} cannot be written: ENOENT`)
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(rollout.percent).toBe(50)
    expect(events).toContainEqual({ contract: 'order', type: 'file', problem: `${file} cannot be written: ENOENT` })
    mkdirSync(folder)
    await rollout.set(60)
    expect(read(file)['order']).toMatchObject({ percent: 60 })
  })

  test('a change that was not written is a problem until one is written or the entry changes', async () => {
    const folder = freshFolder()
    const file = join(folder, 'rollout.json')
    write(file, { order: { percent: 5 } })
    const { rollout, events } = await open({ file })
    const problems = (): (string | undefined)[] =>
      events.flatMap((event) => (event.type === 'file' ? [event.problem] : []))
    const cannotWrite = `${file} cannot be written: ERR_FS_EISDIR`
    // Root may write everywhere, but not over a directory.
    mkdirSync(`${file}.tmp`)
    await expect(rollout.set(50)).rejects.toThrow(cannotWrite)
    // Two looks at the file, which is whole.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect([rollout.percent, problems()]).toEqual([50, [cannotWrite]])
    write(file, '{')
    await until('the file is broken', () => problems().length === 2)
    write(file, { order: { percent: 5 } })
    await until('it is whole, and has the old percent', () => problems().length === 3)
    write(file, { order: { percent: 6 } })
    await until('it follows', () => rollout.percent === 6)
    expect(problems()).toEqual([cannotWrite, `${file} is no JSON`, cannotWrite, undefined])
    await expect(rollout.set(60)).rejects.toThrow(cannotWrite)
    rmdirSync(`${file}.tmp`)
    await rollout.set(70)
    expect(problems().slice(4)).toEqual([cannotWrite, undefined])
    // A write that found a broken file: the file is mended, and has the percent from before.
    const good = readFileSync(file, 'utf8')
    write(file, '{')
    await expect(rollout.set(80)).rejects.toThrow(`${file} is no JSON`)
    await until('the file is broken', () => problems().at(-1) === `${file} is no JSON`)
    write(file, good)
    await until('it is whole', () => problems().at(-1) === `${file} was not written: ${file} is no JSON`)
    expect(rollout.percent).toBe(80)
  })

  test('a file that does not exist is no problem, and is made when the percent changes', async () => {
    const file = join(freshFolder(), 'rollout.json')
    const { rollout, events } = await open({ file, percent: 3 })
    expect([rollout.percent, events]).toEqual([3, []])
    await rollout.set(4)
    expect(read(file)['order']?.percent).toBe(4)
  })

  test('several processes change it at the same time, and no change is lost', async () => {
    const file = join(freshFolder(), 'rollout.json')
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        updateEntries(file, (entries) => ({ ...entries, [`contract${i}`]: { percent: i, held: false } })),
      ),
    )
    expect(Object.keys(read(file)).length).toBe(20)
  })
})

describe('sidelane rollout', () => {
  test('set, status and stop, which a running rollout follows', async () => {
    const file = join(freshFolder(), 'rollout.json')
    const { rollout } = await open({ file })
    const run = (...args: string[]): ReturnType<typeof sidelane> => sidelane(['rollout', ...args, '--file', file])
    expect(await run('set', 'order', '25', '--reason', 'day two')).toEqual({
      status: 0,
      stdout: 'order: no entry → 25 %\n',
      stderr: '',
    })
    await until('it follows', () => rollout.percent === 25)
    expect((await run('status')).stdout).toMatch(
      /^contract +candidate +state +since +reason\norder +25 % +running +20\S+Z +day two\n$/,
    )
    expect((await run('stop')).stdout).toBe('order: 25 → 0 %, held\n')
    await until('it stops', () => rollout.percent === 0)
    expect(rollout.held).toBe(true)
    expect(JSON.parse((await run('status', '--json')).stdout)).toMatchObject({
      order: { percent: 0, held: true, reason: 'stopped' },
    })
    expect((await run('set', 'order', '5')).stdout).toBe('order: 0 → 5 %\norder was held: stopped\n')
  })

  test('wrong arguments and files are told apart', async () => {
    const file = join(freshFolder(), 'rollout.json')
    const run = (...args: string[]): ReturnType<typeof sidelane> => sidelane(['rollout', ...args, '--file', file])
    expect((await run('set', 'order', '101')).status).toBe(2)
    expect((await run('set', 'order')).status).toBe(2)
    expect((await run('set', '../order', '1')).status).toBe(2)
    expect(await run('status', 'order')).toMatchObject({
      status: 1,
      stderr: `sidelane: ${file} has no entry "order"\n`,
    })
    expect(await run('status')).toMatchObject({
      status: 0,
      stdout: `${file} has no entries: apps have the percent of their code\n`,
    })
    // Nothing was stopped: whoever typed it must not believe that.
    expect(await run('stop')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('name the contract') as string,
    })
    write(file, 'percent: 5')
    expect(await run('set', 'order', '5')).toMatchObject({ status: 1, stderr: `sidelane: ${file} is no JSON\n` })
    expect(readFileSync(file, 'utf8')).toBe('percent: 5')
    write(file, {})
    symlinkSync('nowhere', `${file}.lock`)
    expect(await run('set', 'order', '5')).toMatchObject({
      status: 1,
      stderr: `sidelane: ${file}.lock is a link to nothing: remove it\n`,
    })
    const nowhere = join(file, '..', 'gone', 'rollout.json')
    expect(await sidelane(['rollout', 'set', 'order', '5', '--file', nowhere])).toMatchObject({
      status: 1,
      stderr: `sidelane: Cannot write ${nowhere}: there is no such folder\n`,
    })
  })
})
