// Names that every object inherits (`constructor`, `toString`, `__proto__`) are names like others wherever a name comes from
// outside: schemas, options, arguments, text from a daemon (daemon-violations.ts) and payloads (vectors).
import * as z from 'zod'
import { describe, expect, test } from 'vitest'
import { defineContract, importContract } from '../../src/index.ts'
import { readOptions } from '../../src/server/config/load-config.ts'

const inherited = ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf']

const messageOf = (make: () => unknown): string => {
  try {
    make()
  } catch (error) {
    return (error as Error).message
  }
  return 'made'
}

describe.each(inherited)('%s', (name) => {
  const own = <T>(value: T): Record<string, T> => Object.fromEntries([[name, value]])

  test('as the name of a string format is unknown, not refused with the source of a function', () => {
    const message = messageOf(() => defineContract({ name: 'a', schema: z.stringFormat(name, (text) => text === 'a') }))
    expect(message).toContain(`the string format "${name}" is code`)
    expect(message).not.toContain('native code')
    const byPattern = defineContract({ name: 'a', schema: z.stringFormat(name, /^a$/) })
    expect(byPattern.lock.schema).toMatchObject({ type: 'string', pattern: '^a$' })
  })

  test('as the id of a recursive schema', () => {
    const tree: z.ZodType = z
      .strictObject({
        get next() {
          return tree.optional()
        },
      })
      .meta({ id: name })
    const { $defs } = defineContract({ name: 'a', schema: z.strictObject({ tree }) }).lock.schema as { $defs: object }
    expect(Object.keys($defs)).toEqual([name === '__proto__' ? '__proto__2' : name])
  })

  test('as a keyword of a JSON Schema is unknown', () => {
    const message = messageOf(() => importContract({ type: 'object', ...own(1) }, { name: 'a' }))
    expect(message).toContain(`the keyword "${name}" is unknown`)
  })

  test('as a reference, a type or a constant that one option lacks', () => {
    expect(messageOf(() => importContract({ $ref: `#/${name}` }, { name: 'a' }))).toContain('leads nowhere')
    expect(messageOf(() => importContract({ type: name }, { name: 'a' }))).toContain(
      `number, object, string, or a list of them with at least one entry; got "${name}"`,
    )
    const options = [
      { type: 'object', required: [name], properties: own({ const: 'a' }) },
      { type: 'object', required: [name], properties: { b: { const: 'a' } } },
    ]
    expect(messageOf(() => importContract({ oneOf: options }, { name: 'a' }))).not.toBe('made')
  })

  test('as an option, an argument, a variable or a key of the daemon', async () => {
    const read = (args: readonly string[], file?: unknown): Promise<unknown> =>
      readOptions({ args, env: {}, readFile: () => Promise.resolve(Buffer.from(JSON.stringify(file))) })
    await expect(read([name])).rejects.toThrow(`Unknown option \`${name}\``)
    await expect(read([`--${name}`])).rejects.toThrow(`Unknown option \`--${name}\``)
    await expect(read(['--config', 'f'], own(1))).rejects.toThrow('Unknown key')
    await expect(read(['--engine', name])).rejects.toThrow('Expected `--engine` to be one of')
  })

  test('as an option of the library is unknown, and as a value is none', () => {
    const schema = z.string()
    expect(messageOf(() => defineContract({ name: 'a', schema, ...own(1) }))).not.toBe('made')
    expect(messageOf(() => defineContract({ name: 'a', schema, numbers: name as 'safe' }))).toContain(
      'safe, double, int64',
    )
    expect(messageOf(() => defineContract({ name: 'a', schema, compress: { codec: name as 'gzip' } }))).toContain(
      'gzip',
    )
  })
})
