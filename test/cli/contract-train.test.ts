// `sidelane contract train`, and what the other commands do with its tables, run as programs.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { makeClicks } from '../../bench/payloads/clicks.ts'
import { makeOrders } from '../../bench/payloads/orders.ts'
import { loadContract, parseContract } from '../../src/contract/index.ts'
import { sidelane, temporaryFiles } from '../support/cli.ts'
import { needEngine } from '../support/need.ts'

const file = temporaryFiles()
const lockText = (more: object = {}): string =>
  JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'order', schema: {}, ...more })
let orders = ''
beforeAll(() => {
  orders = file(
    'orders.ndjson',
    Buffer.concat(makeOrders({ count: 60, seed: 1 }).flatMap((one) => [one, Buffer.from('\n')])),
  )
})

it('writes tables into the lock, prints what they cost, and keeps the id', async () => {
  const lock = file('a.lock.json', lockText())
  const { id } = loadContract(lock)
  const { status, stdout, stderr } = await sidelane(['contract', 'train', '--payloads', orders, lock])
  expect(status).toBe(0)
  expect(stdout.split('\n')[0]).toMatch(/^canonical form +samples +mean bytes +ratio without +with +growth$/)
  expect(stdout).toMatch(/^other, 2,049 to 4,096 bytes +\d+ +[\d,]+ +\d\.\d\d +\d\.\d\d +[+-]\d\.\d % +kept$/m)
  expect(stderr).toMatch(/^order: \d tables? from 60 samples, wrote .*a\.lock\.json, id [0-9a-f]{64}, as before\n$/)
  const trained = loadContract(lock)
  expect(trained.id).toBe(id)
  expect(trained.lock.tables?.classes.length).toBeGreaterThan(1)
})

it('gives the same lock each time, also to another file, with the classes as JSON', async () => {
  const lock = file('b.lock.json', lockText())
  const out = file('b2.lock.json')
  const args = ['contract', 'train', '--payloads', orders, lock]
  const { status, stdout } = await sidelane([...args, '-o', out, '--json'])
  expect(status).toBe(0)
  expect(readFileSync(lock, 'utf8')).toBe(lockText())
  const { id, accepted, rejected, classes } = JSON.parse(stdout)
  expect({ id, accepted, rejected }).toEqual({ id: loadContract(lock).id, accepted: 60, rejected: 0 })
  expect(Object.keys(classes[0])).toEqual([
    'ascii',
    'minBytes',
    'maxBytes',
    'samples',
    'heldOut',
    'canonicalBytes',
    'dynamicBytes',
    'tableBytes',
    'result',
  ])
  expect((await sidelane([...args, '-o', '-'])).stdout).toBe(readFileSync(out, 'utf8'))
})

it('reports samples that the contract rejects by line, and exits 1 when none is accepted', async () => {
  const lock = file('c.lock.json', lockText({ schema: { type: 'object', properties: { id: { type: 'integer' } } } }))
  const some = await sidelane([
    'contract',
    'train',
    '--payloads',
    file('c.ndjson', '{"id":1}\n{"id":"x"}\nbad\n'),
    lock,
  ])
  expect(some.status).toBe(0)
  expect(some.stderr).toContain('line 2: validate.failed at /id\nline 3: parse.syntax\n')
  expect(some.stderr).toContain('0 tables from 1 sample (2 rejected)')
  const none = await sidelane(['contract', 'train', '--payloads', '-', lock], { input: 'bad\n'.repeat(25) })
  expect(none).toMatchObject({ status: 1, stdout: '' })
  expect(none.stderr).toContain('\nline 20: parse.syntax\nand 5 more\n')
  expect(none.stderr).toContain('options.invalid: Expected at least one sample that the contract accepts')
})

it('refuses wrong arguments and codecs that cannot be trained', async () => {
  const lock = file('e.lock.json', lockText({ compress: { codec: 'brotli' } }))
  const zstd = file('z.lock.json', lockText({ compress: { codec: 'zstd' } }))
  const statuses = await Promise.all(
    [
      ['--payloads', orders],
      [lock],
      ['--payloads', file('missing.ndjson'), lock],
      ['--payloads', orders, lock, '-o', '-', '--json'],
      // A dictionary beside it would be a file in /dev.
      ['--payloads', orders, zstd, '-o', '/dev/null'],
    ].map(async (args) => (await sidelane(['contract', 'train', ...args])).status),
  )
  expect(statuses).toEqual([2, 2, 2, 2, 2])
  const brotli = await sidelane(['contract', 'train', '--payloads', orders, lock])
  expect(brotli).toMatchObject({ status: 1, stdout: '' })
  expect(brotli.stderr).toContain(
    'options.invalid: Expected samples only with the codecs gzip, deflate and deflate-raw',
  )
})

it('trains a zstd dictionary beside the lock', async (context) => {
  needEngine('native', context)
  const lock = file('events.lock.json', lockText({ compress: { codec: 'zstd' } }))
  const { id } = loadContract(lock)
  const { status, stdout, stderr } = await sidelane(['contract', 'train', '--payloads', orders, lock])
  expect(status).toBe(0)
  expect(stdout).toMatch(/^zstd +60 +[\d,]+ +\d\.\d\d +\d\.\d\d +-\d+\.\d % +kept$/m)
  expect(stderr).toMatch(/^order: dictionary order-\d+\.dict from 60 samples, .*new id/)
  const trained = loadContract(lock)
  expect(trained.lock.dictionary?.path).toBe(`order-${trained.lock.dictionary?.id}.dict`)
  expect(trained.dictionary?.length).toBeLessThanOrEqual(16_384)
  expect(trained.id).not.toBe(id)
  const schema = file('events.schema.json', '{}')
  rmSync(join(dirname(lock), trained.lock.dictionary?.path ?? ''))
  const again = await sidelane(['contract', 'import', schema, '-o', lock, '--name', 'order'])
  expect(again.stderr).toContain(`Dropped the dictionary ${trained.lock.dictionary?.path} of ${lock}`)
  writeFileSync(lock, lockText({ compress: { codec: 'zstd' } }))
  const few = await sidelane(['contract', 'train', '--payloads', file('few.ndjson', '1\n2\n3\n'), lock])
  expect(few.status).toBe(1)
  expect(few.stderr).toContain('too few for a zstd dictionary')
})

it('export keeps the tables while the id stays, show prints them, check does not mind', async () => {
  const schema = file('s.schema.json', '{"type":"object"}')
  const lock = file('f.lock.json')
  const write = (name: string): ReturnType<typeof sidelane> =>
    sidelane(['contract', 'import', schema, '-o', lock, '--name', name])
  await write('first')
  const plain = readFileSync(lock, 'utf8')
  await sidelane(['contract', 'train', '--payloads', orders, lock])
  const trained = readFileSync(lock, 'utf8')
  expect(trained).not.toBe(plain)
  expect((await write('first')).stderr).toContain(`Kept the tables of ${lock}`)
  expect(readFileSync(lock, 'utf8')).toBe(trained)

  const { stdout } = await sidelane(['contract', 'show', lock])
  expect(stdout).toMatch(/^ {2}tables {4}\d, for (?:ASCII of [\d, to]+ bytes; )?other of [\d, to]+ bytes$/m)
  const check = await sidelane(['contract', 'check', file('plain.lock.json', plain), lock])
  expect(check).toMatchObject({ status: 0, stdout: 'first: no change in meaning\n' })
  expect(check.stderr).toContain('The compression tables differ')

  expect((await write('second')).stderr).toContain(`Dropped the tables of ${lock}`)
  expect(loadContract(lock).lock.tables).toBeUndefined()
})

it('leaves every dictionary and the locks that name it readable, also for a lock in another folder', async (context) => {
  needEngine('native', context)
  const lock = file('of orders.lock.json', lockText({ compress: { codec: 'zstd' } }))
  const train = async (payloads: string, out = lock): Promise<string> =>
    (await sidelane(['contract', 'train', '--payloads', payloads, lock, '-o', out])).stderr
  await train(orders)
  const before = loadContract(lock)
  const clicks = file(
    'clicks.ndjson',
    makeClicks(60, 1)
      .map((one) => `${Buffer.from(one).toString()}\n`)
      .join(''),
  )
  const beside = file('of clicks.lock.json')
  await train(clicks, beside)
  expect(loadContract(lock)).toEqual(before)
  expect(loadContract(beside).dictionary).not.toEqual(before.dictionary)

  // None is kept: the lock has none, instead of one that the folder lacks.
  const elsewhere = join(mkdtempSync(join(dirname(lock), 'folder-')), 'order.lock.json')
  expect(await train(file('same.ndjson', '{"a":1}\n'.repeat(500)), elsewhere)).toContain('no dictionary')
  expect(loadContract(elsewhere).lock.dictionary).toBeUndefined()

  await train(clicks)
  expect(loadContract(lock).lock).toEqual(loadContract(beside).lock)
  expect(
    parseContract(before.lock, { dictionary: readFileSync(join(dirname(lock), before.lock.dictionary?.path ?? '')) })
      .id,
  ).toBe(before.id)
})

it('leaves the lock as it is when the dictionary cannot be written', async (context) => {
  needEngine('native', context)
  const text = lockText({ compress: { codec: 'zstd' } })
  const lock = file('g.lock.json', text)
  const copy = file('g2.lock.json')
  await sidelane(['contract', 'train', '--payloads', orders, lock, '-o', copy])
  const dictionary = join(dirname(copy), loadContract(copy).lock.dictionary?.path ?? '')
  rmSync(dictionary)
  mkdirSync(join(dictionary, 'in the way'), { recursive: true })
  const { status, stderr } = await sidelane(['contract', 'train', '--payloads', orders, lock])
  rmSync(dictionary, { recursive: true })
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: `sidelane: Cannot write ${dictionary}: it is a directory\nTry: sidelane contract train --help\n`,
  })
  expect(readFileSync(lock, 'utf8')).toBe(text)
})

it('says that a lock cannot be written ahead of the training', async () => {
  const lock = file('h.lock.json', lockText({ compress: { codec: 'zstd' } }))
  const out = join(file('no-folder'), 'a.lock.json')
  const samples = file('i.ndjson', 'bad\n')
  expect(await sidelane(['contract', 'train', '--payloads', samples, lock, '-o', out])).toEqual({
    status: 2,
    stdout: '',
    stderr: `sidelane: Cannot write ${out}: there is no such folder\nTry: sidelane contract train --help\n`,
  })
})

it('trains a dictionary where one sample is larger than all that are read', async (context) => {
  needEngine('native', context)
  const limits = { maxBytes: 8_000_000 }
  const lock = file('j.lock.json', lockText({ compress: { codec: 'zstd' }, limits }))
  const huge = `"${'a'.repeat(4_200_000)}"\n`
  const { stderr } = await sidelane([
    'contract',
    'train',
    '--payloads',
    file('j.ndjson', huge + readFileSync(orders)),
    lock,
  ])
  expect(stderr).toContain('.dict from 61 samples')
})
