// Generated visitors of objects and arrays: the twins of #strict and #array in fast-walker.ts, with the children's
// scalar checks inlined and one object literal as result, which V8 builds and writes twice as fast as an object filled
// key by key.
//
// Of the contract only member names (as JSON strings) and numbers get into the source text; everything else is passed
// in as a constant.

import type { ArrayNode, ObjectNode, LiteralValue, ScalarNode, SchemaNode, ValuesNode } from '../../model/index.ts'
import { normalizeString } from './normalize-string.ts'
import { defaultsOf, movesKeys } from './defaults.ts'
import { acceptedValues, compileNumber, compileString } from './scalars.ts'
import type { Visitor, VisitorCompiler } from './visitor.ts'

/** True where code generation is allowed (not under --disallow-code-generation-from-strings). */
export function canGenerate(): boolean {
  try {
    return evaluate({}, 'return true') === true
  } catch {
    return false
  }
}

/** Runs `body` with the constants by their names. */
export function evaluate(constants: Readonly<Record<string, unknown>>, body: string): unknown {
  // oxlint-disable-next-line typescript/no-implied-eval -- the text comes from the contract's own structure only
  const run = new Function(...Object.keys(constants), `'use strict'\n${body}`) as (...values: unknown[]) => unknown
  return run(...Object.values(constants))
}

/** An object with more declared members may have far fewer than its schema: then it is read key by key instead. */
export const fewMembers = 32

const moved = 'state.movesKeys = true'

/** The visitor of an object node without `names`. `open` visits any such object, more slowly. */
export function generateObject(node: ObjectNode, compiler: VisitorCompiler, open: Visitor): Visitor {
  const source = new Source(compiler)
  const { properties, additional } = node
  const defaults = defaultsOf(properties)
  const { maxKeys } = compiler.profile.limits
  const useOpen = `return ${source.constant(open)}(o)`
  source.line(`if (typeof o !== 'object' || o === null || isArray(o)) return`)
  source.line(`let own = 0; for (const key in o) own++`)
  if (properties.length > fewMembers) source.line(`if (4 * own < ${properties.length}) ${useOpen}`)
  for (const [i, { name }] of properties.entries()) source.line(`let v${i} = ${source.member(name)}`)
  // The members are counted before any child runs: a fallback to `open` must not count those of the children twice.
  const present = properties.map((_, i) => `(v${i} === undefined ? 0 : 1)`).join(' + ') || '0'
  const count = properties.every(({ required }) => required) ? properties.length : present
  if (additional === 'strip') {
    const declared = source.constant(new Set(properties.map(({ name }) => name)))
    const drop = source.constant(compiler.drop)
    source.line(`if (own !== ${count}) {`)
    source.line(`if (own > ${maxKeys}) return`)
    source.line(`for (const key in o) if (!${declared}.has(key) && !${drop}(key, o[key])) return`)
    source.line('}')
  } else source.line(`if (own !== ${count}) ${additional === false ? 'return' : useOpen}`)
  if (properties.length > maxKeys) source.line(`if (own > ${maxKeys}) return`)
  for (const [i, { name, node: child, required }] of properties.entries()) {
    if (required) {
      source.line(`if (v${i} === undefined) return`)
      source.check(child, `v${i}`)
    } else {
      source.line(`if (v${i} !== undefined) {`)
      source.check(child, `v${i}`)
      const missing = defaults.get(name)
      if (missing === undefined) source.line('}')
      else {
        const inserted = `insert(${missing.units}); v${i} = ${source.constant(missing.value)}`
        source.line(`} else { ${inserted}; ${missing.movesKeys ? moved : ''} }`)
      }
    }
  }
  source.line('state.members += own')
  if (movesKeys(properties.map(({ name }) => name))) source.line(moved)
  // An absent member stays undefined in the literal: JSON.stringify leaves it out, and all results share one shape.
  source.line(`return { ${properties.map(({ name }, i) => `${JSON.stringify(name)}: v${i}`).join(', ')} }`)
  return source.build('o')
}

/** The visitor of an array node without prefix. */
export function generateArray(node: ArrayNode, compiler: VisitorCompiler): Visitor {
  const source = new Source(compiler)
  const { minItems = 0, maxItems = Infinity, items } = node
  source.line(`if (!isArray(a)) return`)
  source.line('const length = a.length')
  if (minItems > 0) source.line(`if (length < ${minItems}) return`)
  if (maxItems < Infinity) source.line(`if (length > ${maxItems}) return`)
  if (items === false) {
    source.line('if (length > 0) return')
    source.line('return a')
  } else {
    source.line('let result = a')
    source.line('for (let i = 0; i < length; i++) {')
    source.line('let v = a[i]')
    source.check(items, 'v')
    source.line('if (v !== a[i]) { if (result === a) result = a.slice(); result[i] = v }')
    source.line('}')
    source.line('return result')
  }
  return source.build('a')
}

/** The body of one function, line by line, with its constants. */
class Source {
  readonly #compiler: VisitorCompiler
  readonly #lines: string[] = []
  readonly #constants: unknown[] = []

  constructor(compiler: VisitorCompiler) {
    this.#compiler = compiler
  }

  line(text: string): void {
    this.#lines.push(text)
  }

  /**
   * The objects of JSON.parse inherit from Object.prototype: a name that it has is looked up by hasOwn. fast-path.ts
   * checks before each payload that it has none of the other names.
   */
  member(name: string): string {
    const key = JSON.stringify(name)
    if (name in Object.prototype) return `(hasOwn(o, ${key}) ? o[${key}] : undefined)`
    this.#compiler.inheritable.add(name)
    return `o[${key}]`
  }

  constant(value: unknown): string {
    this.#constants.push(value)
    return `c${this.#constants.length - 1}`
  }

  /** Lines that leave the visited value in the variable `v`, or return undefined. */
  check(node: SchemaNode, v: string): void {
    if (node.kind === 'scalar' && node.types.length === 1 && !node.coerce) this.#scalar(node, v)
    else if (node.kind === 'values') this.#values(node, v)
    else if (node.kind === 'nullable') {
      this.line(`if (${v} !== null) {`)
      this.check(node.inner, v)
      this.line('}')
    } else {
      this.line(`${v} = ${this.constant(this.#compiler.compile(node))}(${v})`)
      this.line(`if (${v} === undefined) return`)
    }
  }

  build(parameter: string): Visitor {
    const constants = Object.fromEntries(this.#constants.map((value, i) => [`c${i}`, value]))
    const { state, insert } = this.#compiler
    const shared = { state, insert, isArray: Array.isArray, hasOwn: Object.hasOwn }
    const body = `return function (${parameter}) {\n${this.#lines.join('\n')}\n}`
    return evaluate({ ...shared, ...constants }, body) as Visitor
  }

  #scalar(node: ScalarNode, v: string): void {
    const type = node.types[0] as ScalarNode['types'][number]
    switch (type) {
      case 'null':
        return this.line(`if (${v} !== null) return`)
      case 'boolean':
        return this.line(`if (typeof ${v} !== 'boolean') return`)
      case 'string':
        return this.#string(node, v)
      case 'integer':
      case 'number': {
        const check = this.constant(compileNumber(node.number, this.#compiler.profile.numbers, type === 'integer'))
        return this.line(`if (typeof ${v} !== 'number' || !${check}(${v})) return`)
      }
    }
  }

  #string(node: ScalarNode, v: string): void {
    this.line(`if (typeof ${v} !== 'string') return`)
    const check = compileString(node.string)
    if (!check) return
    const { minLength = 0, maxLength = Infinity, patterns = [], norm = [], url } = node.string ?? {}
    if (patterns.length > 0 || norm.length > 0 || url) {
      this.line(`if ((${v} = ${this.constant(check)}(${v})) === undefined) return`)
      return
    }
    // A code point has one or two code units, so lengths in code units nearly always decide.
    const uncertain = [
      maxLength < Infinity ? `${v}.length > ${maxLength}` : '',
      minLength > 0 ? `${v}.length < ${minLength === 1 ? 1 : 2 * minLength}` : '',
    ].filter((text) => text !== '')
    this.line(`if ((${uncertain.join(' || ')}) && ${this.constant(check)}(${v}) === undefined) return`)
  }

  #values(node: ValuesNode, v: string): void {
    if (node.norm.length > 0) {
      const normalize = (text: string): string => normalizeString(text, node.norm)
      this.line(`if (typeof ${v} === 'string') ${v} = ${this.constant(normalize)}(${v})`)
    }
    const accepted = acceptedValues(node, this.#compiler.profile.numbers)
    if (accepted.size > 8) return this.line(`if (!${this.constant(accepted)}.has(${v})) return`)
    const differs = [...accepted].map((value: LiteralValue) => `${v} !== ${JSON.stringify(value)}`)
    this.line(`if (${differs.join(' && ') || 'true'}) return`)
  }
}
