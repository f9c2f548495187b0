// `sidelane contract infer`, run as a program.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { sidelane, temporaryFiles } from '../support/cli.ts'

const file = temporaryFiles()

it('writes a draft and prints the next step', async () => {
  const samples = file('Order Events.ndjson', '{"id":1}\n\n{"id":2,"note":"x"}\n')
  const out = file('order.contract.ts')
  const { status, stdout, stderr } = await sidelane(['contract', 'infer', samples, '-o', out])
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  expect(stderr).toContain('order-events: wrote')
  expect(stderr).toContain('accepts 2 samples\nReview its comments, then: sidelane contract export')
  const source = readFileSync(out, 'utf8')
  expect(source).toContain('export type OrderEvents = z.infer<typeof orderEventsSchema>')
  expect(source).not.toContain(samples)
})

it('reads a JSON array as several samples, and an object as one', async () => {
  const array = await sidelane([
    'contract',
    'infer',
    file('a.json', '[{"a":1},{"a":2}]'),
    '-o',
    '-',
    '--name',
    'things',
  ])
  expect(array.stdout).toContain('inferred from 2 samples in a.json')
  expect(array.stdout).toContain("name: 'things'")
  const one = await sidelane(['contract', 'infer', file('o.json', '{"a":1}'), '-o', '-'])
  expect(one.stdout).toContain('inferred from 1 sample in o.json')
})

it('reports invalid samples by line, and exits 1 when no sample is valid', async () => {
  const some = await sidelane(['contract', 'infer', file('s.ndjson', '{"a":1}\n\n{"a":1,"a":2}\n'), '-o', '-'])
  expect(some.status).toBe(0)
  expect(some.stderr).toContain(
    'line 3: parse.duplicate_key: At /a, line 3, column 8: An object has the same key twice.',
  )
  const none = await sidelane(['contract', 'infer', file('n.ndjson', '{bad\n'.repeat(25)), '-o', '-'])
  expect(none).toMatchObject({ status: 1, stdout: '' })
  expect(none.stderr).toMatch(/\nline 20: .*\nand 5 more\nsidelane: /)
})

it('overwrites an existing file only with --force', async () => {
  const samples = file('x.ndjson', '{"a":1}\n')
  const out = file('x.contract.js', '// reviewed\n')
  expect(await sidelane(['contract', 'infer', samples, '-o', out])).toMatchObject({ status: 2 })
  expect(readFileSync(out, 'utf8')).toBe('// reviewed\n')
  expect(await sidelane(['contract', 'infer', samples, '-o', out, '--force'])).toMatchObject({ status: 0 })
})

it('reads lines longer than a chunk of the file', async () => {
  const long = JSON.stringify({ a: 'x'.repeat(700_000) })
  const { stdout } = await sidelane(['contract', 'infer', file('l.ndjson', `${long}\n{"a":"y"}\n${long}`), '-o', '-'])
  expect(stdout).toContain('inferred from 3 samples')
  expect(stdout).toContain('length seen 1..700000')
})

it('names the line and the place of an integer that doubles cannot hold', async () => {
  const samples = file('big.ndjson', '{"id":1}\n\n{"id":9007199254740993}\n')
  const { stdout, stderr } = await sidelane(['contract', 'infer', samples, '-o', '-'])
  expect(stderr).toContain('line 3: an integer beyond 2^53 - 1 at /id')
  expect(stdout).toContain("numbers: 'int64'")
})

it('takes --objects and --show-values, and refuses others', async () => {
  const samples = file('some.ndjson', '{"a":7}\n{"a":7}\n')
  const shown = await sidelane(['contract', 'infer', samples, '-o', '-', '--objects', 'strict', '--show-values'])
  expect(shown.stdout).toContain('z.strictObject({')
  expect(shown.stdout).toContain('// always 7')
  const refused = await sidelane(['contract', 'infer', samples, '-o', '-', '--objects', 'open'])
  expect(refused).toMatchObject({ status: 2 })
})
