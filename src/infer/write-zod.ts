// Writes a schema as readable zod source: one member a line, with notes as comments beside it.

import { isExpression, isGetter, type Argument, type Expression, type Literal } from './schema-ast.ts'

const width = 120
const identifier = /^[A-Za-z_$][\w$]*$/

/** The schema without comments, on few lines. */
export const expressionText = (schema: Expression): string => new Writer(false, allDeclared).write(schema, '', 0)

/**
 * The schema with comments, for a line that starts with `before` more characters. Members that use a constant which is
 * not among `declared` are written as getters.
 */
export const sourceText = (schema: Expression, before: number, declared: { has(name: string): boolean }): string =>
  new Writer(true, declared).write(schema, '', before)

const allDeclared = { has: () => true }

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

class Writer {
  readonly #notes: boolean
  readonly #declared: { has(name: string): boolean }

  constructor(notes: boolean, declared: { has(name: string): boolean }) {
    this.#notes = notes
    this.#declared = declared
  }

  write({ callee, constant, args, chain }: Expression, indent: string, before: number): string {
    let from = before + callee.length + 1
    const texts = args.map((argument) => {
      const text = this.#argument(argument, indent, from)
      if (callee === 'z.record') from += text.length + 2
      return text
    })
    const start = constant === true ? callee : `${callee}(${texts.join(', ')})`
    return `${start}${chain.map((method) => `.${method}()`).join('')}`
  }

  #argument(argument: Argument, indent: string, before: number): string {
    if (typeof argument !== 'object') return literalText(argument)
    if (isExpression(argument)) return this.write(argument, indent, before)
    if (Array.isArray(argument)) return this.#list(argument, indent, before)
    if (argument instanceof RegExp) return String(argument)
    if (argument instanceof Map) return this.#lines([...argument], indent, '{}')
    const options = Object.entries(argument).map(([name, value]) => `${name}: ${value}`)
    return `{ ${options.join(', ')} }`
  }

  /** Short items without notes are written on one line. */
  #list(items: readonly (Expression | Literal)[], indent: string, before: number): string {
    const plain = new Writer(false, this.#declared)
    const flat = `[${items.map((item) => plain.#argument(item, indent, before)).join(', ')}]`
    const hasNotes = this.#notes && items.some((item) => notesOf(item).length > 0)
    if (!hasNotes && !flat.includes('\n') && indent.length + before + flat.length + 12 <= width) return flat
    const entries = items.map((item) => [undefined, item] as const)
    return this.#lines(entries, indent, '[]')
  }

  #lines(
    entries: readonly (readonly [key: string | undefined, item: Expression | Literal])[],
    indent: string,
    brackets: string,
  ): string {
    const inner = `${indent}  `
    const written = entries.flatMap(([key, item]) => {
      const line = inner + this.#entry(key, item, inner)
      const remarks = notesOf(item)
      if (!this.#notes || remarks.length === 0) return [line]
      const comment = `// ${remarks.map(oneLine).join('; ')}`
      const beside = !line.includes('\n') && line.length + 1 + comment.length <= width
      return beside ? [`${line} ${comment}`] : [...commentLines(remarks, inner), line]
    })
    return [brackets[0], ...written, `${indent}${brackets[1]}`].join('\n')
  }

  #entry(key: string | undefined, item: Expression | Literal, indent: string): string {
    if (key === undefined) return `${this.#argument(item, indent, 0)},`
    const name = keyText(key)
    if (!isExpression(item) || !isGetter(item, this.#declared))
      return `${name}: ${this.#argument(item, indent, name.length + 2)},`
    const deeper = `${indent}  `
    return `get ${name}() {\n${deeper}return ${this.#argument(item, deeper, 7)}\n${indent}},`
  }
}

const notesOf = (item: Expression | Literal): readonly string[] => (isExpression(item) ? item.notes : [])

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
