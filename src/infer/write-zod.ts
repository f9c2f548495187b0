// Writes a schema as readable zod source: one member a line, with notes as comments beside it.

import { isExpression, type Argument, type Expression, type Literal } from './schema-ast.ts'

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
  let from = before + callee.length + 1
  const texts = args.map((argument) => {
    const text = writeArgument(argument, indent, from, notes)
    if (callee === 'z.record') from += text.length + 2
    return text
  })
  return `${callee}(${texts.join(', ')})${chain.map((method) => `.${method}()`).join('')}`
}

function writeArgument(argument: Argument, indent: string, before: number, notes: boolean): string {
  if (typeof argument !== 'object') return literalText(argument)
  if (isExpression(argument)) return write(argument, indent, before, notes)
  if (Array.isArray(argument)) return list(argument, indent, before, notes)
  if (argument instanceof RegExp) return String(argument)
  if (argument instanceof Map) {
    const members = [...argument].map(([key, schema]) => [`${keyText(key)}: `, schema] as const)
    return lines(members, indent, notes, '{}')
  }
  const options = Object.entries(argument).map(([name, value]) => `${name}: ${value}`)
  return `{ ${options.join(', ')} }`
}

/** Short items without notes are written on one line. */
function list(items: readonly (Expression | Literal)[], indent: string, before: number, notes: boolean): string {
  const flat = `[${items.map((item) => writeArgument(item, indent, before, false)).join(', ')}]`
  const hasNotes = notes && items.some((item) => notesOf(item).length > 0)
  if (!hasNotes && !flat.includes('\n') && indent.length + before + flat.length + 12 <= width) return flat
  const entries = items.map((item) => ['', item] as const)
  return lines(entries, indent, notes, '[]')
}

const notesOf = (item: Expression | Literal): readonly string[] => (isExpression(item) ? item.notes : [])

function lines(
  entries: readonly (readonly [label: string, item: Expression | Literal])[],
  indent: string,
  notes: boolean,
  brackets: string,
): string {
  const inner = `${indent}  `
  const written = entries.flatMap(([label, item]) => {
    const line = `${inner}${label}${writeArgument(item, inner, label.length, notes)},`
    const remarks = notesOf(item)
    if (!notes || remarks.length === 0) return [line]
    const comment = `// ${remarks.map(oneLine).join('; ')}`
    const beside = !line.includes('\n') && line.length + 1 + comment.length <= width
    return beside ? [`${line} ${comment}`] : [...commentLines(remarks, inner), line]
  })
  return [brackets[0], ...written, `${indent}${brackets[1]}`].join('\n')
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
