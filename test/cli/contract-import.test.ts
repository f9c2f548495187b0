// `contract import`, run as a program.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { loadContract } from '../../src/contract/index.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sidelane-import-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, content: unknown): void =>
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))

const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [main, 'contract', 'import', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })

const order = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'integer' }, note: { type: 'string', default: '' } },
}
write('order.json', order)

describe('sidelane contract import', () => {
  it('writes a lock that loads, and prints its id', () => {
    const { status, stdout, stderr } = run('order.json', '-o', 'order.lock.json', '--name', 'Order.v1')
    const contract = loadContract(join(folder, 'order.lock.json'))
    expect({ status, stdout, name: contract.name }).toEqual({ status: 0, stdout: '', name: 'Order.v1' })
    expect(stderr).toContain(`Order.v1: wrote order.lock.json, id ${contract.id}`)
    expect(contract.lock.schema).toMatchObject({ properties: { note: { type: 'string' } } })
  })

  it.each([
    ['UTF-16, as PowerShell writes it', Buffer.from(`\ufeff${JSON.stringify(order)}`, 'utf16le')],
    ['gzip', gzipSync(JSON.stringify(order))],
  ])('reads %s', (_, content) => {
    writeFileSync(join(folder, 'encoded.json'), content)
    const { status, stdout } = run('encoded.json', '-o', '-', '--name', 'order')
    expect(status).toBe(0)
    expect(stdout).toBe(run('order.json', '-o', '-', '--name', 'order').stdout)
  })

  it('reads objects and defaults as asked', () => {
    const { stdout } = run('order.json', '-o', '-', '--name', 'order', '--objects', 'strip', '--defaults', 'insert')
    const lock: unknown = JSON.parse(stdout)
    expect(lock).toMatchObject({ schema: { 'x-unknown': 'strip', properties: { note: { default: '' } } } })
    const strict = run('order.json', '-o', '-', '--name', 'order', '--objects', 'strict')
    expect(JSON.parse(strict.stdout)).toMatchObject({ schema: { additionalProperties: false } })
  })

  it('reads the schema of a lock as it stands, with all digits of its bounds', () => {
    const top = '18446744073709551615'
    write('wide.json', `{"type":"integer","minimum":0,"maximum":${top},"x-value":"bigint"}`)
    const { stdout } = run('wide.json', '-o', 'wide.lock.json', '--name', 'wide', '--numbers', 'int64')
    expect(stdout).toBe('')
    expect(readFileSync(join(folder, 'wide.lock.json'), 'utf8')).toContain(`"maximum": ${top}`)
    write('wide.schema.json', /"schema": (\{[^}]*\})/.exec(readFileSync(join(folder, 'wide.lock.json'), 'utf8'))?.[1])
    run('wide.schema.json', '-o', 'again.lock.json', '--name', 'wide', '--numbers', 'int64')
    const texts = ['wide', 'again'].map((name) => readFileSync(join(folder, `${name}.lock.json`), 'utf8'))
    expect(texts[1]).toBe(texts[0])
    expect(run('wide.json', '-o', '-', '--name', 'wide', '--numbers', 'big')).toMatchObject({ status: 2 })
    write('broken.json', '{')
    expect(run('broken.json', '-o', '-', '--name', 'wide', '--numbers', 'int64').stderr).toContain('is not JSON')
  })

  it('finds the component of an OpenAPI document, and files relative to it', () => {
    mkdirSync(join(folder, 'api', 'shared'), { recursive: true })
    write('api/shared/money.json', {
      Amount: { type: 'object', properties: { cents: { $ref: '../units.json#/Cents' } } },
    })
    write('api/units.json', { Cents: { type: 'integer', minimum: 0 } })
    write('api/openapi.json', {
      openapi: '3.1.0',
      components: { schemas: { Price: { $ref: 'shared/money.json#/Amount' }, Id: { type: 'string' } } },
    })
    const options = ['-o', '-', '--name', 'price', '--root', '#/components/schemas/Price']
    const { status, stdout, stderr } = run('api/openapi.json', ...options)
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('price: lock, id ') })
    expect(stdout).toContain('"minimum": 0')
    const without = run('api/openapi.json', '-o', '-', '--name', 'price')
    expect(without.stderr).toContain('pass `root`, one of #/components/schemas/Price, #/components/schemas/Id')
  })

  it('names every rule that a lock cannot have, with its place, and writes nothing', () => {
    write('bad.json', { properties: { a: { not: {} }, b: { type: 'array', uniqueItems: true }, c: { not: {} } } })
    const { status, stderr, stdout } = run('bad.json', '-o', 'bad.lock.json', '--name', 'bad')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/\/properties\/a \(and 1 more place\): `not` has no form/)
    expect(stderr).toMatch(/\/properties\/b\/uniqueItems: /)
    const name = run('order.json', '-o', '-', '--name', '.a')
    expect([name.status, name.stderr]).toEqual([1, expect.stringContaining('the first one a letter or a digit')])
    expect(() => readFileSync(join(folder, 'bad.lock.json'))).toThrow('ENOENT')
  })

  it.each([
    [['order.json', '-o', '-'], 'Expected --name NAME'],
    [['order.json', '--name', 'a'], 'Expected -o LOCK'],
    [['nowhere.json', '-o', '-', '--name', 'a'], 'Cannot read the schema document nowhere.json: there is no such file'],
    [['order.json', '-o', '-', '--name', 'a', '--objects', 'any'], 'Expected --objects to be loose, strict or strip'],
    [['order.json', '-o', '-', '--name', 'a', '--defaults', 'yes'], 'Expected --defaults to be insert or ignore'],
    [['order.yaml', '-o', '-', '--name', 'a'], 'order.yaml is not JSON; convert YAML to JSON first'],
  ])('%j: exit code 2', (args, message) => {
    write('order.yaml', 'type: object')
    const { status, stderr } = run(...args)
    expect(status).toBe(2)
    expect(stderr).toContain(message)
  })
})
