// The documents that an import reads, and what a `$ref` points at in them: by JSON pointer, `$id` or `$anchor`.

import { SidelaneError } from '../../model/index.ts'

/** A place in one of the documents. */
export interface Location {
  /** Of the document; '' for the first one without a URI. */
  readonly uri: string
  /** JSON pointer, '' for the document itself. */
  readonly pointer: string
}

export type JsonSchema = Readonly<Record<string, unknown>>

export const isRecord = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export class References {
  readonly #documents = new Map<string, unknown>()
  /** `$id` and `$anchor` of all documents, as a reference names them → location. */
  readonly #names = new Map<string, Location>()
  readonly #resolve: ((uri: string) => unknown) | undefined

  constructor(first: unknown, uri: string, resolve: ((uri: string) => unknown) | undefined) {
    this.#resolve = resolve
    this.#add(uri, first)
  }

  /** What `reference` at `from` points at; a text says why there is nothing. */
  find(reference: string, from: Location): { readonly location: Location; readonly value: unknown } | string {
    const named = this.#names.get(`${from.uri} ${reference}`) ?? this.#names.get(` ${reference}`)
    if (named !== undefined) return { location: named, value: this.#at(named) }
    const [file = '', fragment = ''] = reference.split('#', 2)
    const uri = file === '' ? from.uri : resolveUri(file, from.uri)
    if (!this.#documents.has(uri)) {
      if (this.#resolve === undefined) return `the reference "${reference}" leads to another file; pass \`resolve\``
      if (/^[a-z][a-z0-9+.-]+:\/\//i.test(uri) && !uri.startsWith('file:')) {
        return `the reference "${reference}" leads to the network; save the file beside the schema and refer to it`
      }
      this.#add(uri, this.#resolve(uri))
    }
    const pointer = decodeFragment(fragment)
    if (pointer === undefined) return `nothing is named "${reference}"; correct the reference`
    const location = { uri, pointer }
    const value = this.#at(location)
    return value === undefined ? `the reference "${reference}" leads nowhere; correct it` : { location, value }
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
    const visit = (value: unknown, pointer: string, depth: number): void => {
      if (typeof value !== 'object' || value === null) return
      if (depth > maxDepth)
        throw new SidelaneError('contract.unsupported', { message: 'The schema is nested too deeply.' })
      const { $id, $anchor } = value as JsonSchema
      if (typeof $id === 'string' && pointer !== '') this.#names.set(` ${$id}`, { uri, pointer })
      if (typeof $anchor === 'string') {
        const key = `${uri} #${$anchor}`
        if (this.#names.has(key)) throw twice($anchor)
        this.#names.set(key, { uri, pointer })
      }
      for (const [key, child] of Object.entries(value)) visit(child, `${pointer}/${escape(key)}`, depth + 1)
    }
    if (isRecord(document) && typeof document['$id'] === 'string') {
      this.#names.set(` ${document['$id']}`, { uri, pointer: '' })
    }
    visit(document, '', 0)
  }
}

const maxDepth = 256

const twice = (anchor: string): SidelaneError =>
  new SidelaneError('contract.unsupported', { message: `The $anchor "${anchor}" stands in two places; rename one.` })

export const escape = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

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

/** A relative path or URI against the URI of its document: no scheme is needed. */
function resolveUri(reference: string, base: string): string {
  if (/^([a-z][a-z0-9+.-]+:|\/)/i.test(reference)) return reference
  const folder = base.slice(0, base.lastIndexOf('/') + 1)
  const segments: string[] = []
  for (const segment of `${folder}${reference}`.split('/')) {
    if (segment === '.') continue
    if (segment === '..' && segments.length > 0 && segments.at(-1) !== '..' && segments.at(-1) !== '') segments.pop()
    else segments.push(segment)
  }
  return segments.join('/')
}
