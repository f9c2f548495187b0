// Generated code for objects and arrays: the twin of #strict and #array in rebuild.ts, with the children's scalar checks
// in line and one object literal as result, which V8 builds and writes twice as fast as an object filled key by key.
//
// Only names (as JSON strings), numbers and own identifiers of the contract get into the source text; whatever else it
// needs is handed in as a constant.

import type { ArrayNode, ObjectNode, Primitive, ScalarNode, SchemaNode, ValuesNode } from '../../model/index.ts'
import { numberTest, stringStep } from './checks.ts'
import { movesKeys } from './keys.ts'
import { normalizeString } from './normalize-string.ts'
import type { Rebuild, RebuildCompiler } from './fast-walker.ts'

/** True where code generation is allowed (not under --disallow-code-generation-from-strings). */
export function canGenerate(): boolean {
  try {
    return evaluate({}, 'return true') === true
  } catch {
    return false
  }
}

/** Runs `body` with the constants by their names. The one place where source text becomes code. */
export function evaluate(constants: Readonly<Record<string, unknown>>, body: string): unknown {
  // oxlint-disable-next-line typescript/no-implied-eval -- the text comes from the contract's own structure only
  const run = new Function(...Object.keys(constants), `'use strict'\n${body}`) as (...values: unknown[]) => unknown
  return run(...Object.values(constants))
}

/** An object of more declared members than these may be far emptier than its schema: looked at key by key instead. */
export const fewMembers = 32

/** The function of an object node without `names`. `open` takes any such object, at its own pace. */
export function generateObject(node: ObjectNode, compiler: RebuildCompiler, open: Rebuild): Rebuild {
  const source = new Source(compiler)
  const { properties } = node
  const leave = `return ${source.constant(open)}(o)`
  source.line(`if (typeof o !== 'object' || o === null || isArray(o)) return`)
  source.line(`let own = 0; for (const key in o) own++`)
  if (properties.length > fewMembers) source.line(`if (4 * own < ${properties.length}) ${leave}`)
  for (const [i, { name }] of properties.entries()) source.line(`let v${i} = ${source.member(name)}`)
  // Counted before a child is looked at: what the children add to walk.keys must not be added twice.
  const present = properties.map((_, i) => `(v${i} === undefined ? 0 : 1)`).join(' + ') || '0'
  const count = properties.every(({ required }) => required) ? properties.length : present
  source.line(`if (own !== ${count}) ${node.additional === false ? 'return' : leave}`)
  if (properties.length > compiler.profile.limits.maxKeys) {
    source.line(`if (own > ${compiler.profile.limits.maxKeys}) return`)
  }
  for (const [i, { node: child, required }] of properties.entries()) {
    if (required) {
      source.line(`if (v${i} === undefined) return`)
      source.check(child, `v${i}`)
    } else {
      source.line(`if (v${i} !== undefined) {`)
      source.check(child, `v${i}`)
      source.line('}')
    }
  }
  source.line('walk.keys += own')
  if (movesKeys(properties.map(({ name }) => name))) source.line('walk.explicit = true')
  // An absent member stays undefined in the literal: JSON.stringify leaves it out, and all results share one shape.
  source.line(`return { ${properties.map(({ name }, i) => `${JSON.stringify(name)}: v${i}`).join(', ')} }`)
  return source.build('o')
}

/** The function of an array node without prefix. */
export function generateArray(node: ArrayNode, compiler: RebuildCompiler): Rebuild {
  const source = new Source(compiler)
  const { minItems = 0, maxItems = Infinity, items } = node
  source.line(`if (!isArray(a)) return`)
  source.line('const length = a.length')
  if (minItems > 0) source.line(`if (length < ${minItems}) return`)
  if (maxItems < Infinity) source.line(`if (length > ${maxItems}) return`)
  if (items === false) source.line('if (length > 0) return')
  else {
    source.line('let result = a')
    source.line('for (let i = 0; i < length; i++) {')
    source.line('let v = a[i]')
    source.check(items, 'v')
    source.line('if (v !== a[i]) { if (result === a) result = a.slice(); result[i] = v }')
    source.line('}')
    source.line('return result')
    return source.build('a')
  }
  source.line('return a')
  return source.build('a')
}

/** The body of one function, line by line, with the constants it names. */
class Source {
  readonly #compiler: RebuildCompiler
  readonly #lines: string[] = []
  readonly #constants: unknown[] = []

  constructor(compiler: RebuildCompiler) {
    this.#compiler = compiler
  }

  line(text: string): void {
    this.#lines.push(text)
  }

  /**
   * JSON.parse gives objects that inherit from Object.prototype: a name that stands there is asked for by hasOwn. That
   * no other name gets there is watched by fast.ts, before each payload.
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

  /** Lines that leave the rebuilt value in the variable `v`, or return undefined. */
  check(node: SchemaNode, v: string): void {
    if (node.form === 'scalar' && node.types.length === 1) this.#scalar(node, v)
    else if (node.form === 'values') this.#values(node, v)
    else if (node.form === 'nullable') {
      this.line(`if (${v} !== null) {`)
      this.check(node.inner, v)
      this.line('}')
    } else {
      this.line(`${v} = ${this.constant(this.#compiler.compile(node))}(${v})`)
      this.line(`if (${v} === undefined) return`)
    }
  }

  build(parameter: string): Rebuild {
    const constants = Object.fromEntries(this.#constants.map((value, i) => [`c${i}`, value]))
    const shared = { walk: this.#compiler.walk, isArray: Array.isArray, hasOwn: Object.hasOwn }
    const body = `return function (${parameter}) {\n${this.#lines.join('\n')}\n}`
    return evaluate({ ...shared, ...constants }, body) as Rebuild
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
        const test = this.constant(numberTest(node.number, this.#compiler.profile.numbers, type === 'integer'))
        return this.line(`if (typeof ${v} !== 'number' || !${test}(${v})) return`)
      }
    }
  }

  #string(node: ScalarNode, v: string): void {
    this.line(`if (typeof ${v} !== 'string') return`)
    const step = stringStep(node.string)
    if (!step) return
    const { minLength = 0, maxLength = Infinity, patterns = [], norm = [] } = node.string ?? {}
    if (patterns.length > 0 || norm.length > 0) {
      this.line(`if ((${v} = ${this.constant(step)}(${v})) === undefined) return`)
      return
    }
    // Lengths in code units decide nearly always: a code point has one or two.
    const doubt = [
      maxLength < Infinity ? `${v}.length > ${maxLength}` : '',
      minLength > 0 ? `${v}.length < ${minLength === 1 ? 1 : 2 * minLength}` : '',
    ].filter((text) => text !== '')
    this.line(`if ((${doubt.join(' || ')}) && ${this.constant(step)}(${v}) === undefined) return`)
  }

  #values(node: ValuesNode, v: string): void {
    if (node.norm.length > 0) {
      const normalize = (text: string): string => normalizeString(text, node.norm)
      this.line(`if (typeof ${v} === 'string') ${v} = ${this.constant(normalize)}(${v})`)
    }
    const accepted = this.#compiler.acceptedValues(node)
    if (accepted.size > 8) return this.line(`if (!${this.constant(accepted)}.has(${v})) return`)
    const differs = [...accepted].map((value: Primitive) => `${v} !== ${JSON.stringify(value)}`)
    this.line(`if (${differs.join(' && ') || 'true'}) return`)
  }
}
