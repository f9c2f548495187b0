// Writes the module of a draft: comment, imports, schema, contract.

import type { Limits } from '../model/index.ts'
import type { Draft, Expression } from './schema-ast.ts'
import { commentLines, literalText, sourceText } from './write-zod.ts'

interface ModuleOptions {
  readonly name: string
  readonly origin: string | undefined
  readonly samples: number
  readonly skipped: number
  readonly typescript: boolean
  readonly objects: 'strip' | 'strict' | 'loose'
  readonly numbers: 'int64' | 'double' | undefined
  readonly limits: Partial<Limits> | undefined
  readonly cut: string | undefined
}

export function contractSource({ constants, schema }: Draft, options: ModuleOptions): string {
  const base = camelCase(options.name)
  const [schemaName, contractName] = [`${base}Schema`, `${base}Contract`]
  const declared = new Set<string>()
  const declare = (start: string, expression: Expression): string[] => [
    ...commentLines(expression.notes, ''),
    `${start}${sourceText(expression, start.length, declared)}`,
    '',
  ]
  const shared = [...constants].flatMap(([name, expression]) => {
    const lines = declare(`const ${name} = `, expression)
    declared.add(name)
    return lines
  })
  return [
    ...headLines(options),
    `import { defineContract } from ${literalText('sidelane')}`,
    `import * as z from ${literalText('zod')}`,
    '',
    ...shared,
    ...declare(`export const ${schemaName} = `, schema),
    ...(options.typescript ? [`export type ${typeName(options.name)} = z.infer<typeof ${schemaName}>`, ''] : []),
    `export const ${contractName} = defineContract({`,
    `  name: ${literalText(options.name)},`,
    `  schema: ${schemaName},`,
    ...numberLines(options.numbers),
    ...limitLines(options.limits),
    '})',
    '',
  ].join('\n')
}

const unknownMembers = {
  strip: 'z.object drops members that no sample had; z.strictObject rejects them, z.looseObject keeps them.',
  strict: 'z.strictObject rejects members that no sample had; z.object drops them, z.looseObject keeps them.',
  loose: 'z.looseObject keeps members that no sample had; z.object drops them, z.strictObject rejects them.',
}

function headLines({ samples, skipped, origin, name, objects, cut }: ModuleOptions): string[] {
  const counted = `${samples} sample${samples === 1 ? '' : 's'}${origin === undefined ? '' : ` in ${origin}`}`
  const without = skipped === 0 ? '' : ` (${skipped} more were no good JSON)`
  return [
    ...commentLines([`A draft, inferred from ${counted}${without}. It accepts each of them.`], ''),
    '// A comment says what was seen, or what is a guess: review it, then tighten or loosen the line.',
    `// ${unknownMembers[objects]}`,
    ...(cut === undefined ? [] : commentLines([cut], '')),
    `// Next: sidelane contract export <this module> -o ${name}.lock.json`,
  ]
}

function numberLines(numbers: ModuleOptions['numbers']): string[] {
  if (numbers === undefined) return []
  const comment =
    numbers === 'int64'
      ? 'A sample holds integers beyond 2^53 - 1. Their digits are kept.'
      : 'A sample holds integers beyond 64 bits, or with an exponent. They are rounded to the nearest double.'
  return [`  // ${comment}`, `  numbers: ${literalText(numbers)},`]
}

function limitLines(limits: Partial<Limits> | undefined): string[] {
  if (limits === undefined) return []
  const members = Object.entries(limits).map(([name, value]) => `${name}: ${value}`)
  return ['  // A sample is beyond the default limits.', `  limits: { ${members.join(', ')} },`]
}

/** A valid identifier, before a suffix. */
function camelCase(name: string): string {
  const joined = name
    .split(/[-._]+/)
    .map(capital)
    .join('')
  return /^[A-Z]/.test(joined) ? joined.slice(0, 1).toLowerCase() + joined.slice(1) : `payload${joined}`
}

/** The name of the payload's type. */
export const typeName = (name: string): string => capital(camelCase(name))

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1)
