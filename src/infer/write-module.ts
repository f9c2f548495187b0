// Writes the module of a draft: comment, imports, schema, contract.

import type { Limits } from '../model/index.ts'
import type { Expression } from './schema-ast.ts'
import { commentLines, expressionText, literalText, sourceText } from './write-zod.ts'

interface ModuleOptions {
  readonly name: string
  readonly origin: string | undefined
  readonly samples: number
  readonly skipped: number
  readonly typescript: boolean
  readonly numbers: 'double' | undefined
  readonly limits: Partial<Limits> | undefined
}

export function contractSource(schema: Expression, options: ModuleOptions): string {
  const base = camelCase(options.name)
  const [schemaName, contractName] = [`${base}Schema`, `${base}Contract`]
  const usesHttpUrl = /\bhttpUrl\(/.test(expressionText(schema))
  const before = `export const ${schemaName} = `
  return [
    ...headLines(options),
    `import { defineContract${usesHttpUrl ? ', httpUrl' : ''} } from ${literalText('sidelane')}`,
    `import * as z from ${literalText('zod')}`,
    '',
    ...commentLines(schema.notes, ''),
    `${before}${sourceText(schema, '', before.length)}`,
    '',
    ...(options.typescript ? [`export type ${capital(base)} = z.infer<typeof ${schemaName}>`, ''] : []),
    `export const ${contractName} = defineContract({`,
    `  name: ${literalText(options.name)},`,
    `  schema: ${schemaName},`,
    ...(options.numbers === undefined
      ? []
      : [
          '  // A sample holds integers beyond 2^53 - 1. They are rounded to the nearest double.',
          `  numbers: ${literalText(options.numbers)},`,
        ]),
    ...limitLines(options.limits),
    '})',
    '',
  ].join('\n')
}

function headLines({ samples, skipped, origin, typescript, name }: ModuleOptions): string[] {
  const counted = `${samples} sample${samples === 1 ? '' : 's'}${origin === undefined ? '' : ` in ${origin}`}`
  const without = skipped === 0 ? '' : ` (${skipped} more were no good JSON)`
  return [
    ...commentLines([`A draft, inferred from ${counted}${without}. It accepts each of them.`], ''),
    '// A comment says what was seen, or what is a guess: review it, then tighten or loosen the line.',
    '// z.strictObject rejects members that no sample had; z.looseObject lets them pass.',
    `// Next: sidelane contract export ${name}.contract.${typescript ? 'ts' : 'js'} -o ${name}.lock.json`,
  ]
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

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1)
