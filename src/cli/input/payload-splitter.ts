// Splits an input into payloads, in any of the forms that `process` reads.

import { branchesOf, resolveNode, type Contract, type SchemaNode } from '../../model/index.ts'
import {
  isBlank,
  JsonValueSplitter,
  LayoutDetector,
  LineSplitter,
  type InputLayout,
  type Line,
} from '../../ndjson/index.ts'
import { JoinedBytes } from '../../util/joined-bytes.ts'

/** What `--input` takes; the first is the default. */
export const inputForms = ['auto', 'ndjson', 'json', 'array'] as const
export type InputForm = (typeof inputForms)[number]

export interface InputOptions {
  readonly form: InputForm
  /** The longest payload. */
  readonly maxBytes: number
  /** The contract accepts an array as a payload. */
  readonly acceptsArrays: boolean
  /** Gets a sentence about what the user may not expect. */
  readonly note: (text: string) => void
}

/** One payload, or an error in its place. */
export interface InputPayload extends Line {
  /** Which payload it is, from 1, where a line does not tell. */
  readonly item?: number
}

interface Splitter {
  split(chunk: Uint8Array): Generator<InputPayload, void, undefined>
  end(): Generator<InputPayload, void, undefined>
  readonly isTooLong: boolean
}

const noteOf: Readonly<Record<Exclude<InputLayout, 'lines'>, string>> = {
  items: 'the input is a JSON array: each item is a payload (--input ndjson: each line)',
  values: 'the input is JSON over several lines: each value is a payload (--input ndjson: each line)',
}

/** Splits chunks of UTF-8 into payloads; with the form `auto` as soon as the layout is known. */
export class PayloadSplitter implements Splitter {
  readonly #options: InputOptions
  readonly #detector: LayoutDetector
  /** Chunks of an unknown layout. */
  readonly #waiting = new JoinedBytes(Number.POSITIVE_INFINITY)
  #splitter: Splitter | undefined

  constructor(options: InputOptions) {
    this.#options = options
    this.#detector = new LayoutDetector(options)
    if (options.form !== 'auto') this.#splitter = splitterFor(options.form, options)
  }

  *split(chunk: Uint8Array): Generator<InputPayload, void, undefined> {
    if (this.#splitter !== undefined) return yield* this.#splitter.split(chunk)
    this.#waiting.add(chunk)
    const layout = this.#detector.add(chunk)
    if (layout === undefined) return
    if (layout !== 'lines') this.#options.note(noteOf[layout])
    yield* this.#begin(layout === 'lines' ? 'ndjson' : 'json')
  }

  *end(): Generator<InputPayload, void, undefined> {
    // The input ends in its first line.
    if (this.#splitter === undefined) yield* this.#begin('ndjson')
    yield* (this.#splitter as unknown as Splitter).end()
  }

  /** True as soon as the current payload is too long, before its end. */
  get isTooLong(): boolean {
    return this.#splitter?.isTooLong ?? false
  }

  *#begin(form: Exclude<InputForm, 'auto'>): Generator<InputPayload, void, undefined> {
    const splitter = (this.#splitter = splitterFor(form, this.#options))
    yield* splitter.split(this.#waiting.take())
  }
}

function splitterFor(form: Exclude<InputForm, 'auto'>, { maxBytes, acceptsArrays }: InputOptions): Splitter {
  if (form === 'ndjson') return new FilledLines(maxBytes)
  return new JsonValueSplitter({ maxBytes, unpacksArrays: form === 'array' || !acceptsArrays })
}

/** The lines that are not blank. */
class FilledLines implements Splitter {
  readonly #splitter: LineSplitter

  constructor(maxBytes: number) {
    this.#splitter = new LineSplitter(maxBytes)
  }

  *split(chunk: Uint8Array): Generator<Line, void, undefined> {
    for (const line of this.#splitter.split(chunk)) if (!isBlank(line)) yield line
  }

  *end(): Generator<Line, void, undefined> {
    for (const line of this.#splitter.end()) if (!isBlank(line)) yield line
  }

  get isTooLong(): boolean {
    return this.#splitter.isTooLong
  }
}

/** True when some array may be a payload of the contract. */
export function acceptsArrays({ profile }: Contract): boolean {
  const seen = new Set<SchemaNode>()
  const may = (node: SchemaNode): boolean => {
    const target = resolveNode(node, profile)
    if (target === undefined || seen.has(target)) return false
    seen.add(target)
    return target.kind === 'any' || target.kind === 'array' || branchesOf(target).some(may)
  }
  return may(profile.root)
}
