// Writes a schema as readable zod source: one member a line, with notes as comments beside it.

import type { Argument, Expression, Literal } from './schema-ast.ts'

const width = 120
const identifier = /^[A-Za-z_$][\w$]*$/

/** The schema without comments, on few lines. */
export const expressionText = (schema: Expression): string => write(schema, '', 0, false)

/** The schema with comments, for a line that starts with `indent` and `before` more characters. */
export const sourceText = (schema: Expression, indent: string, before: number): string =>
  write(schema, indent, before, true)

/** The notes as comment lines, each within the width. */
export function commentLines(notes: readonly string[], indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of notes.map(oneLine).join('; ').split(' ')) {
    if (line !== '' && indent.length + 3 + line.length + 1 + word.length > width) {
      lines.push(`${indent}// ${line}`)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return line === '' ? lines : [...lines, `${indent}// ${line}`]
}

/** Removes control characters: a note may hold payload text, which must not end the comment. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, ' ')

function write({ callee, args, chain }: Expression, indent: string, before: number, notes: boolean): string {
  const [head, ...rest] = args
  const tail = chain.map((method) => `.${method}()`).join('')
  if (callee === 'z.record' && head?.kind === 'schema' && rest[0]?.kind === 'schema') {
    const key = write(head.schema, indent, 0, false)
    return `${callee}(${key}, ${write(rest[0].schema, indent, before + callee.length + key.length + 3, notes)})${tail}`
  }
  const texts = args.map((argument) => writeArgument(argument, indent, before + callee.length + 1, notes))
  return `${callee}(${texts.join(', ')})${tail}`
}

function writeArgument(argument: Argument, indent: string, before: number, notes: boolean): string {
  switch (argument.kind) {
    case 'schema':
      return write(argument.schema, indent, before, notes)
    case 'schemas':
      return list(argument.schemas, indent, before, notes)
    case 'members':
      return lines(
        argument.members.map(([key, schema]) => [`${keyText(key)}: `, schema] as const),
        indent,
        notes,
        '{}',
      )
    case 'literal':
      return literalText(argument.value)
    case 'literals':
      return literals(argument.values, indent, before)
    case 'options':
      return `{ ${Object.entries(argument.options)
        .map(([name, value]) => `${name}: ${value}`)
        .join(', ')} }`
    case 'pattern':
      return `/${argument.source}/`
  }
}

/** Short schemas without notes are written on one line. */
function list(schemas: readonly Expression[], indent: string, before: number, notes: boolean): string {
  const flat = `[${schemas.map((schema) => write(schema, indent, before, false)).join(', ')}]`
  const withoutNotes = !notes || schemas.every((schema) => schema.notes.length === 0)
  if (withoutNotes && !flat.includes('\n') && indent.length + before + flat.length + 12 <= width) return flat
  return lines(
    schemas.map((schema) => ['', schema] as const),
    indent,
    notes,
    '[]',
  )
}

function lines(
  entries: readonly (readonly [label: string, schema: Expression])[],
  indent: string,
  notes: boolean,
  brackets: string,
): string {
  const inner = `${indent}  `
  const written = entries.flatMap(([label, schema]) => {
    const line = `${inner}${label}${write(schema, inner, label.length, notes)},`
    if (!notes || schema.notes.length === 0) return [line]
    const comment = `// ${schema.notes.map(oneLine).join('; ')}`
    const beside = !line.includes('\n') && line.length + 1 + comment.length <= width
    return beside ? [`${line} ${comment}`] : [...commentLines(schema.notes, inner), line]
  })
  return [brackets[0], ...written, `${indent}${brackets[1]}`].join('\n')
}

function literals(values: readonly Literal[], indent: string, before: number): string {
  const texts = values.map(literalText)
  const flat = `[${texts.join(', ')}]`
  if (indent.length + before + flat.length + 12 <= width) return flat
  return ['[', ...texts.map((text) => `${indent}  ${text},`), `${indent}]`].join('\n')
}

const keyText = (key: string): string => (identifier.test(key) ? key : literalText(key))

/** A literal, in single quotes unless it contains one; control characters are escaped. */
export function literalText(value: Literal): string {
  if (typeof value !== 'string') return String(value)
  const text = JSON.stringify(value)
    .slice(1, -1)
    .replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069\ufeff]/gu, escaped)
  return value.includes("'") ? `"${text}"` : `'${text.replaceAll('\\"', '"')}'`
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
