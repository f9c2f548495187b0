// Fault rows about native code that fails: a panic or a failed allocation is an error of one call.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createHost } from 'sidelane'
import { expect, test } from 'vitest'
import { needEngine } from '../support/need.ts'
import { contractOf } from '../support/locks.ts'
import { anything, everywhere, freshFile, mix, onTrial } from './fault-kit.ts'
import { panicAt } from './panic.js'

const marker = 'panic in a worker'
const root = fileURLToPath(new URL('../../', import.meta.url))
const natives = everywhere.filter(({ engine }) => engine === 'native')
const panickingWorker = new URL('./workers/panicking.js', import.meta.url)

test.for(natives)(
  'F13, F14: $placement, $engine: a panic is a 500 for its call alone, without its message',
  async (place, context) => {
    needEngine('native', context)
    const restore = place.placement === 'inline' ? panicAt(marker) : () => {}
    try {
      await onTrial(
        context,
        place,
        async (trial) => {
          const payloads = mix(40)
          for (const at of [3, 17, 35]) payloads[at] = `["${marker}"]`
          const endings = await trial.offerAll(payloads)
          for (const [at, { code, error }] of endings.entries()) {
            if (payloads[at] !== `["${marker}"]`) expect(['ok', 'rejected']).toContain(code)
            else
              expect([code, error?.status, error?.message]).toEqual([
                'internal.panic',
                500,
                'The native engine failed.',
              ])
          }
          expect((await trial.offer('[1]')).code).toBe('ok')
        },
        place.placement === 'pool' ? { workerUrl: panickingWorker } : {},
      )
    } finally {
      restore()
    }
  },
)

test('F13: a panic while a contract is compiled is reported at once, and the host serves other contracts', async (context) => {
  needEngine('native', context)
  const restore = panicAt('name-that-panics')
  try {
    await using host = await createHost({ engine: 'native' })
    expect(() => host.processor(contractOf({}, { name: 'name-that-panics' }))).toThrow(
      expect.objectContaining({ code: 'internal.panic' }),
    )
    expect((await host.processor(anything).process('[1]')).ok).toBe(true)
  } finally {
    restore()
  }
})

test('F13: every entry of the addon catches panics, and every profile unwinds', () => {
  const entries = [...readFileSync(`${root}native/addon/src/lib.rs`, 'utf8').matchAll(/#\[napi(?:\(([^)]*)\))?\]/g)]
  expect(entries.length).toBeGreaterThan(4)
  expect(entries.filter(([, given]) => given?.includes('catch_unwind') !== true)).toEqual([])
  expect(readFileSync(`${root}Cargo.toml`, 'utf8')).not.toMatch(/panic\s*=\s*"abort"/)
})

test('F15: a failed allocation fails its call, not the process', (context) => {
  needEngine('native', context)
  context.skip(process.platform !== 'linux', 'only Linux bounds with `ulimit -d` what native code may allocate')
  // 30 million numbers need about 900 MB; the process gets 400.
  const script = `
    import { createHost, loadContract } from 'sidelane'
    const host = await createHost({ engine: 'native' })
    const processor = host.processor(await loadContract(process.argv[1]))
    const payload = Buffer.concat([Buffer.from('[0'), Buffer.alloc(59_000_000, ',0'), Buffer.from(']')])
    const ended = await processor.process(payload).then(({ ok }) => ok, ({ code }) => code)
    console.log(ended, (await processor.process('[1]')).ok)
  `
  const lock = freshFile('large.lock.json')
  const limits = { maxBytes: 64 * 2 ** 20 }
  writeFileSync(lock, JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'large', limits, schema: {} }))
  const command = 'ulimit -c 0 -d 400000 && exec "$0" --input-type=module --eval "$1" "$2"'
  const child = spawnSync('bash', ['-c', command, process.execPath, script, lock], { encoding: 'utf8', cwd: root })
  expect([child.stdout, child.status, child.signal]).toEqual(['internal.panic true\n', 0, null])
})
