// Contracts from disk, their reload, and the end of the daemon.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadContracts } from '../../src/server/contracts.ts'
import { kinds } from '../../src/wire/index.ts'
import { freshFolder } from '../support/folders.ts'
import { lock, serve, unlocked } from './kit.ts'
import { hello, preface, RawClient, request, type Frame } from './raw-client.ts'

const numbers = lock('numbers')
const newer = lock('numbers', { schema: { type: 'integer' } })
const kindOf = ({ kind }: Frame): number => kind
const sorted = (frames: readonly Frame[]): number[] => frames.map(kindOf).sort((a, b) => a - b)

function directory(files: Record<string, string | Uint8Array>): string {
  const path = freshFolder()
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content)
  return path
}

const textOf = ({ lock: document }: { lock: object }): string => JSON.stringify(document)

describe('contracts from disk', () => {
  test('a directory is read by name, with the keys beside the locks', async () => {
    const signed = lock('signed', { digest: 'hmac-sha-256' })
    const path = directory({
      'b.lock.json': textOf(numbers),
      'a.lock.json': textOf(signed),
      'a.key': Buffer.alloc(32, 7),
      'notes.json': 'not a lock',
    })
    const loaded = await loadContracts({ contracts: [path], digestKeyFiles: {} })
    expect(loaded.map(({ contract }) => contract.id)).toEqual([signed.id, numbers.id])
    expect(loaded[0]?.digestKey).toEqual(new Uint8Array(32).fill(7))
    expect(loaded[1]?.digestKey).toBeUndefined()
  })

  test('an empty directory has no contracts', async () => {
    expect(await loadContracts({ contracts: [directory({})], digestKeyFiles: {} })).toEqual([])
  })

  test('a broken lock is reported with its file and the pointer into it', async () => {
    const path = directory({ 'bad.lock.json': '{"profile":"p1","unicode":"15.0","name":"bad","schema":{"not":{}}}' })
    const load = (): Promise<unknown> => loadContracts({ contracts: [path], digestKeyFiles: {} })
    await expect(load()).rejects.toThrow(join(path, 'bad.lock.json'))
    await expect(load()).rejects.toThrow('/schema')
  })

  test('a contract with an HMAC digest needs its key, and a key its contract', async () => {
    const path = directory({ 'signed.lock.json': textOf(lock('signed', { digest: 'hmac-sha-256' })) })
    const file = join(path, 'signed.lock.json')
    await expect(loadContracts({ contracts: [file], digestKeyFiles: {} })).rejects.toThrow(
      '--digest-key-file signed=FILE',
    )
    await expect(loadContracts({ contracts: [file], digestKeyFiles: { signed: file, other: file } })).rejects.toThrow(
      '`other`',
    )
  })
})

describe('a reload', () => {
  test('sends GOAWAY to open connections, which keep their contracts; new connections get the new contracts', async () => {
    const { path, service } = await serve([unlocked(numbers)])
    const old = await RawClient.afterHello(path, numbers)
    service.reload([unlocked(newer)])
    expect(await old.frame()).toMatchObject({ kind: kinds.goaway })
    old.send(request(1, '{"n":1}'), hello([{ contract: numbers }]))
    expect(sorted(await old.frames(2))).toEqual([kinds.hello, kinds.accepted])
    const next = await RawClient.afterHello(path, newer)
    next.send(request(1, '1'), request(2, '{"n":1}'))
    expect(sorted(await next.frames(2))).toEqual([kinds.accepted, kinds.rejected])
  })

  test('with a contract that does not compile changes nothing', async () => {
    const { path, service } = await serve([unlocked(numbers)])
    const client = await RawClient.afterHello(path, numbers)
    const unsigned = lock('unsigned', { digest: 'hmac-sha-256' })
    expect(() => service.reload([unlocked(newer), unlocked(unsigned)])).toThrow(
      expect.objectContaining({ code: 'options.invalid' }),
    )
    client.send(request(1, '{"n":1}'))
    expect(await client.frame()).toMatchObject({ kind: kinds.accepted })
    expect(service.contracts.list.map(({ id }) => id)).toEqual([numbers.id])
  })

  test('ends an old connection after a while without requests in flight', async () => {
    const { path, service } = await serve([unlocked(numbers)], { limits: { goawayGraceMs: 30, tickMs: 10 } })
    const client = await RawClient.afterHello(path, numbers)
    service.reload([unlocked(newer)])
    expect((await client.rest()).map(kindOf)).toEqual([kinds.goaway])
  })
})

describe('a drain', () => {
  test('answers requests that were sent before the client saw GOAWAY, then resolves', async () => {
    const { path, service } = await serve([unlocked(numbers)], { limits: { goawayGraceMs: 50, tickMs: 10 } })
    const client = await RawClient.afterHello(path, numbers)
    client.send(...Array.from({ length: 50 }, (_, i) => request(i + 1, '{}')))
    await client.frame()
    const drained = service.drain(() => {})
    expect(service.state).toBe('draining')
    client.send(request(51, '{}'))
    const kindsSeen = (await client.rest()).map(kindOf)
    expect(kindsSeen.filter((kind) => kind === kinds.accepted)).toHaveLength(50)
    expect(kindsSeen.filter((kind) => kind === kinds.goaway)).toHaveLength(1)
    client.socket.end()
    await drained
    expect(service.gauges.inFlight).toBe(0)
  })

  test('sends GOAWAY, then HELLO, to a connection that comes during the drain', async () => {
    const { path, service } = await serve([unlocked(numbers)])
    const client = await RawClient.afterHello(path, numbers)
    void service.drain(() => {})
    const late = await RawClient.connect(path)
    late.send(preface, hello([{ contract: numbers }]))
    expect((await late.frames(2)).map(kindOf)).toEqual([kinds.goaway, kinds.hello])
    client.socket.destroy()
  })

  test('does not wait longer than `drainMs` for a client that stays connected', async () => {
    const { path, service } = await serve([unlocked(numbers)], { settings: { drainMs: 20 } })
    await RawClient.afterHello(path, numbers)
    await service.drain(() => {})
    expect(service.state).toBe('draining')
  })
})
