// The payloads of an input in any of the forms that `process` reads.

import { branchesOf, resolveNode, type Contract, type SchemaNode } from '../model/index.ts'
import {
  isBlank,
  JsonValueSplitter,
  LayoutDetector,
  LineSplitter,
  type InputLayout,
  type Line,
} from '../ndjson/index.ts'

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

/** The payloads of UTF-8 chunks. Blank lines are left out. */
export async function* readPayloads(
  input: AsyncIterable<Uint8Array>,
  options: InputOptions,
): AsyncGenerator<InputPayload, void, undefined> {
  const { maxBytes, acceptsArrays, form, note } = options
  const detector = new LayoutDetector({ maxBytes, acceptsArrays })
  const waiting: Uint8Array[] = []
  let splitter = form === 'auto' ? undefined : splitterFor(form, options)
  for await (const chunk of input) {
    if (splitter === undefined) {
      waiting.push(chunk)
      const layout = detector.add(chunk)
      if (layout === undefined) continue
      if (layout !== 'lines') note(noteOf[layout])
      splitter = splitterFor(layout === 'lines' ? 'ndjson' : 'json', options)
      for (const part of waiting.splice(0)) yield* splitter.split(part)
    } else yield* splitter.split(chunk)
  }
  // The input ends in its first line.
  splitter ??= splitterFor('ndjson', options)
  for (const part of waiting) yield* splitter.split(part)
  yield* splitter.end()
}

const noteOf: Readonly<Record<Exclude<InputLayout, 'lines'>, string>> = {
  items: 'the input is a JSON array: each item is a payload (--input ndjson: each line)',
  values: 'the input is JSON over several lines: each value is a payload (--input ndjson: each line)',
}

interface Splitter {
  split(chunk: Uint8Array): Generator<InputPayload, void, undefined>
  end(): Generator<InputPayload, void, undefined>
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
