// Fault rows about payloads whose values take many times their bytes in a JavaScript heap. In processes of their own: a heap that
// is too small ends the process.
import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Result } from '../support/cli.ts'
import { freshFile } from '../support/folders.ts'
import { run } from '../support/run.ts'

const mebibyte = 1024 * 1024

const node = (...args: readonly string[]): Promise<Result> => run(process.execPath, args)

/** A lock that admits every JSON value of `maxBytes`, in a file. */
function anyLock(maxBytes: number): string {
  const file = freshFile('any.lock.json')
  const fields = { profile: 'p1', unicode: '15.0', name: 'any', schema: {}, digest: 'sha-256', limits: { maxBytes } }
  writeFileSync(file, JSON.stringify(fields))
  return file
}

/** The digest of a payload of 6 MB made of `item`, by the placement, with a small payload behind it. */
const digest = (lock: string, item: string, options: object): Promise<Result> =>
  node(
    '--input-type=module',
    '--eval',
    `
    import { createProcessor, loadContract } from 'sidelane'
    const [, lock, item, options] = process.argv
    const payload = '[' + (item + ',').repeat(6e6 / (item.length + 1)) + '0]'
    const processor = await createProcessor(loadContract(lock), { engine: 'js', deadlineMs: 60_000, ...JSON.parse(options) })
    const [large, small] = await Promise.all([payload, '[1]'].map((one) => processor.process(one)))
    console.log(large.ok ? large.digest : large.code, small.ok)
    await processor.close()
    `,
    lock,
    item,
    JSON.stringify(options),
  )

const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

describe('F73: a valid payload of many short values', () => {
  test.each([
    ['empty objects', '{}'],
    ['empty texts', '""'],
    ['lists in lists', lists(60)],
    ['objects for the slow path', String.raw`{"":"\\ud"}`],
    ['lists for the slow path', `["\\\\ud",${lists(50)}]`],
  ])('%s: a js pool answers as inline does, and its process lives', async (_, item) => {
    const lock = anyLock(8 * mebibyte)
    const inline = await digest(lock, item, { placement: 'inline' })
    expect(inline.stdout).toMatch(/^[0-9a-f]{64} true\n$/)
    expect(await digest(lock, item, { placement: 'pool', threads: 1 })).toEqual(inline)
  })
})

describe('F74: a heap that is too small for what a contract admits', () => {
  const small = '--max-old-space-size=100'

  test('refuses the contract at creation with the figures, inline and in a pool', async () => {
    const script = `
      import { createHost, createProcessor, loadContract } from 'sidelane'
      const contract = loadContract(process.argv[1])
      for (const placement of ['inline', 'pool']) {
        const tell = ({ code, params, message }) => console.log(placement, code, params.needMb, /--max-old-space-size=(\\d+)/.exec(message)[1])
        await createProcessor(contract, { engine: 'js', placement, threads: 1 }).catch(tell)
        const host = await createHost({ engine: 'js', placement, threads: 1 })
        try { host.processor(contract) } catch (error) { tell(error) }
        await host.close()
      }
    `
    const { stdout, status } = await node(small, '--input-type=module', '--eval', script, anyLock(16 * mebibyte))
    expect(stdout).toBe('inline engine.unavailable 672 672\n'.repeat(2) + 'pool engine.unavailable 672 672\n'.repeat(2))
    expect(status).toBe(0)
  })

  test.each(['inline', 'pool', 'auto'])(
    'a host that refused it validates others by their own contract, placement %s',
    async (placement) => {
      const script = `
      import { createHost, loadContract, parseContract } from 'sidelane'
      const [, large, placement] = process.argv
      const lockOf = (name) => ({
        profile: 'p1', unicode: '15.0', name, limits: { maxBytes: 500_000 },
        schema: { type: 'object', properties: { [name]: { type: 'string' } }, required: [name], additionalProperties: false },
      })
      const host = await createHost({ engine: 'js', placement, threads: 1, deadlineMs: 60_000 })
      try { host.processor(loadContract(large)) } catch ({ code }) { console.log(code) }
      const names = ['one', 'two', 'three']
      const processors = names.map((name) => host.processor(parseContract(JSON.stringify(lockOf(name)))))
      for (const length of [1, 200_000]) {
        for (const processor of processors) {
          const payloads = names.map((name) => JSON.stringify({ [name]: 'x'.repeat(length) }))
          const outcomes = await Promise.all(payloads.map((payload) => processor.process(payload)))
          console.log(outcomes.map(({ ok }) => ok).join())
        }
      }
      await host.close()
    `
      const { stdout, stderr, status } = await node(
        small,
        '--input-type=module',
        '--eval',
        script,
        anyLock(16 * mebibyte),
        placement,
      )
      const own = ['true,false,false', 'false,true,false', 'false,false,true']
      expect(stdout.trim().split('\n'), stderr).toEqual(['engine.unavailable', ...own, ...own])
      expect(status).toBe(0)
    },
  )

  test.each(['inline', 'pool'])('the Node daemon does not start with it, placement %s', async (placement) => {
    const lock = anyLock(16 * mebibyte)
    const args = ['--contract', lock, '--check', '--engine', 'js', '--placement', placement, '--threads', '1']
    const { stderr, status } = await node(small, 'dist/daemon.js', ...args)
    expect(status).toBe(2)
    expect(stderr).toContain('--max-old-space-size=672')
  })

  test('a smaller contract is admitted', async () => {
    const { stdout } = await node(
      small,
      '--input-type=module',
      '--eval',
      `
      import { createProcessor, loadContract } from 'sidelane'
      const processor = await createProcessor(loadContract(process.argv[1]), { engine: 'js', placement: 'pool', threads: 1 })
      console.log((await processor.process('[]')).ok)
      await processor.close()
      `,
      anyLock(mebibyte),
    )
    expect(stdout).toBe('true\n')
  })
})
