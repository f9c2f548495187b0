// The documents that an import reads, and what a `$ref` points at in them: by JSON pointer, `$id` or `$anchor`.

import { escapePointerKey, stringifyWithBigints } from '../../json/index.ts'
import { invalidOptions, SidelaneError } from '../../model/index.ts'

/** A place in one of the documents. */
export interface Location {
  /** Of the document; '' for the first one without a URI. */
  readonly uri: string
  /** JSON pointer, '' for the document itself. */
  readonly pointer: string
}

export type JsonSchema = Readonly<Record<string, unknown>>

/** True for an object of JSON: not for a list, a promise, a Map, bytes or another built-in object. */
export const isRecord = (value: unknown): value is JsonSchema =>
  Object.prototype.toString.call(value) === '[object Object]'

/** What a reference points at. */
export interface Found {
  readonly location: Location
  readonly value: unknown
}

/** A schema that gives the references in it a base: a document, or a schema with an `$id`. */
interface Resource {
  readonly root: Location
  readonly base: string
}

export class References {
  readonly #documents = new Map<string, unknown>()
  /** By the key of its root. */
  readonly #resources = new Map<string, Resource>()
  /** By base, and by `$id` as it is written; `twice` where two different schemas have it. */
  readonly #ids = new Map<string, Location | 'twice'>()
  /** By the key of the resource and the name. */
  readonly #anchors = new Map<string, Location | 'twice'>()
  readonly #resolve: ((uri: string) => unknown) | undefined

  constructor(first: unknown, uri: string, resolve: ((uri: string) => unknown) | undefined) {
    this.#resolve = resolve
    this.#add(uri, first)
  }

  /** What `reference` at `from` points at; a text says why there is nothing. */
  find(reference: string, from: Location): Found | string {
    const [file = '', fragment = ''] = reference.split('#', 2)
    const resource = this.#resourceOf(from)
    const root = file === '' ? resource.root : this.#rootOf(file, resource, reference)
    if (typeof root === 'string') return root
    const pointer = decodeFragment(fragment)
    const location =
      pointer === undefined
        ? (this.#anchors.get(`${keyOf(root)} ${fragment}`) ?? `nothing is named "${reference}"; correct the reference`)
        : { uri: root.uri, pointer: root.pointer + pointer }
    if (location === 'twice') return `"${reference}" is the name of two schemas; rename one`
    if (typeof location === 'string') return location
    const value = this.#at(location)
    return value === undefined ? `the reference "${reference}" leads nowhere; correct it` : { location, value }
  }

  /** The innermost resource around a place. */
  #resourceOf({ uri, pointer }: Location): Resource {
    for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      const resource = this.#resources.get(keyOf({ uri, pointer: at }))
      if (resource !== undefined) return resource
    }
    return this.#resources.get(keyOf({ uri, pointer: '' })) as Resource
  }

  /** The schema or the document that the part of a reference before `#` names. */
  #rootOf(file: string, { root, base }: Resource, reference: string): Location | string {
    const absolute = resolveUri(file, base)
    const known = this.#ids.get(absolute) ?? this.#ids.get(file)
    if (known === 'twice') return `"${file}" is the $id of two schemas; rename one`
    if (known !== undefined) return known
    // Files are relative to the file that refers to them, whatever its `$id` is.
    const uri = resolveUri(file, root.uri)
    if (this.#documents.has(uri)) return { uri, pointer: '' }
    if (root.pointer !== '' && absolute !== uri) {
      return `the reference "${reference}" is in a schema with an $id of its own, and nothing has the $id "${absolute}"`
    }
    if (this.#resolve === undefined) return `the reference "${reference}" leads to another file; pass \`resolve\``
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(uri) && !uri.startsWith('file:')) {
      return `the reference "${reference}" leads to the network; save the file beside the schema and refer to it`
    }
    this.#add(uri, checkedDocument(uri, this.#resolve(uri)))
    return { uri, pointer: '' }
  }

  #at({ uri, pointer }: Location): unknown {
    let value = this.#documents.get(uri)
    for (const token of pointer === '' ? [] : pointer.slice(1).split('/')) {
      const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
      value = (value as Record<string, unknown>)[key]
    }
    return value
  }

  #add(uri: string, document: unknown): void {
    this.#documents.set(uri, document)
    this.#resources.set(keyOf({ uri, pointer: '' }), { root: { uri, pointer: '' }, base: uri })
    let count = 0
    const visit = (value: unknown, pointer: string, around: Resource, depth: number, isMap: boolean): void => {
      if (typeof value !== 'object' || value === null) return
      if (depth > maxDepth) throw tooMuch('The schema is nested too deeply.')
      if (++count > maxObjects) throw tooMuch(`The schema's document has more than ${maxObjects} objects and lists.`)
      const resource = isMap || !isRecord(value) ? around : this.#register(value, { uri, pointer }, around)
      for (const [key, child] of Object.entries(value)) {
        if (!isMap && dataKeywords.has(key)) continue
        visit(child, `${pointer}/${escapePointerKey(key)}`, resource, depth + 1, !isMap && mapKeywords.has(key))
      }
    }
    visit(document, '', { root: { uri, pointer: '' }, base: uri }, 0, false)
  }

  /** Keeps the names of a schema. Returns the resource that the schemas in it belong to. */
  #register({ $id, $anchor }: JsonSchema, at: Location, around: Resource): Resource {
    const [id = '', fragment = ''] = typeof $id === 'string' ? $id.split('#', 2) : []
    let resource = around
    if (id !== '' && fragment === '') {
      resource = { root: at, base: resolveUri(id, around.base) }
      this.#resources.set(keyOf(at), resource)
      for (const name of new Set([resource.base, id])) this.#name(this.#ids, name, at)
    }
    // Until draft-07 a name was an `$id` with a fragment only.
    for (const name of [$anchor, fragment]) {
      if (typeof name === 'string' && name !== '') this.#name(this.#anchors, `${keyOf(resource.root)} ${name}`, at)
    }
    return resource
  }

  #name(names: Map<string, Location | 'twice'>, name: string, at: Location): void {
    const other = names.get(name)
    const isSame = typeof other === 'object' && sameText(this.#at(other), this.#at(at))
    if (other === undefined) names.set(name, at)
    else if (!isSame) names.set(name, 'twice')
  }
}

export const keyOf = ({ uri, pointer }: Location): string => `${uri}#${pointer}`

/** A schema that code builds, such as one of TypeBox, stands with its `$id` wherever it is used. */
const sameText = (a: unknown, b: unknown): boolean => a === b || stringifyWithBigints(a) === stringifyWithBigints(b)

/** What they hold is data. */
const dataKeywords = new Set(['const', 'default', 'enum', 'example', 'examples'])
/** What they hold is named by the author: `schemas` are those of an OpenAPI document. */
const mapKeywords = new Set(['$defs', 'definitions', 'patternProperties', 'properties', 'schemas'])

/** What `resolve` returned. Undefined stands for no document: the reference is then reported with its place. */
function checkedDocument(uri: string, document: unknown): unknown {
  if (document === undefined || typeof document === 'boolean' || Array.isArray(document)) return document
  const isPromise =
    typeof document === 'object' && document !== null && 'then' in document && typeof document.then === 'function'
  if (isRecord(document) && !isPromise) return document
  // Handles its rejection: an unhandled one ends the process.
  if (isPromise) Promise.resolve(document).catch(() => undefined)
  const got = isPromise ? 'a promise' : document === null ? 'null' : `a value of type ${typeName(document)}`
  throw invalidOptions(
    `Expected \`resolve\` to return the document at ${JSON.stringify(uri)} itself, parsed, got ${got}`,
  )
}

/** `string`, `Map`, `Uint8Array`. */
const typeName = (value: unknown): string =>
  typeof value === 'object' ? Object.prototype.toString.call(value).slice('[object '.length, -1) : typeof value

const maxDepth = 256

/** One object in several places, as code can build it, counts in each. */
const maxObjects = 1_000_000

/** The error of a document or schema beyond what an import reads. */
export const tooMuch = (message: string): SidelaneError => new SidelaneError('contract.unsupported', { message })

/** The JSON pointer of a fragment; undefined for a plain name. */
function decodeFragment(fragment: string): string | undefined {
  if (fragment === '') return ''
  if (!fragment.startsWith('/')) return undefined
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}

/** A reference against a base: a URI, or the path of a file. */
function resolveUri(reference: string, base: string): string {
  if (/^[a-z][a-z0-9+.-]+:/i.test(base) && URL.canParse(reference, base)) return new URL(reference, base).href
  if (/^[a-z][a-z0-9+.-]+:/i.test(reference)) return URL.canParse(reference) ? new URL(reference).href : reference
  if (reference.startsWith('/')) return reference
  const folder = base.slice(0, base.lastIndexOf('/') + 1)
  const segments: string[] = []
  for (const segment of `${folder}${reference}`.split('/')) {
    if (segment === '.') continue
    if (segment === '..' && segments.length > 0 && segments.at(-1) !== '..' && segments.at(-1) !== '') segments.pop()
    else segments.push(segment)
  }
  return segments.join('/')
}
