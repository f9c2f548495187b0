// Every public item has a docstring: all exports of package.json and each public member, in the built declarations.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

interface Condition {
  readonly types: string
}
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, { readonly import: Condition } | string>>
}
const entryPoints = Object.values(exports).flatMap((entry) =>
  typeof entry === 'string' ? [] : [join(root, entry.import.types)],
)

interface Exported {
  readonly name: string
  /** The text of the file with the declaration. */
  readonly text: string
}

const declarationOf = (name: string): RegExp =>
  new RegExp(String.raw`^(?:declare )?(?:abstract )?(?:function|const|class|interface|type) ${name}\b`, 'm')

/** The names that an entry exports, declared in it or in a file that it shares with others. */
function exportsOf(entry: string, shared: readonly string[]): Exported[] {
  const text = readFileSync(entry, 'utf8')
  const [, list = ''] = /^export \{([^}]*)\};?\s*$/m.exec(text) ?? []
  return list.split(',').map((item) => {
    const name = item.replace(/\btype\b/, '').trim()
    const file = [text, ...shared].find((one) => declarationOf(name).test(one))
    if (file === undefined) throw new Error(`${entry} exports ${name}, which is declared nowhere`)
    return { name, text: file }
  })
}

/** The places without a docstring in a declaration: the item itself, and its direct members. */
function undocumented({ name, text }: Exported): string[] {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => declarationOf(name).test(line))
  const places: string[] = []
  const check = (at: number, place: string): void => {
    if (lines[at - 1]?.trimEnd().endsWith('*/') !== true) places.push(place)
  }
  check(start, name)
  // The indented lines of a function are parameters, not members.
  const head = lines[start] as string
  if (!head.endsWith('{') || head.includes('function ')) return places
  for (let at = start + 1; !lines[at]?.startsWith('}'); at++) {
    // Members are indented by two columns; deeper lines belong to a member. Symbol names are skipped.
    const member = /^ {2}(?:(?:readonly|get|static|override) )*(constructor|\w+|"[^"]+")(?=[?(:<])/.exec(
      lines[at] ?? '',
    )
    if (member !== null) check(at, `${name}.${member[1]}`)
  }
  return places
}

test.skipIf(!existsSync(join(root, 'dist')))('every exported item and each of its members has a docstring', () => {
  const chunks = join(root, 'dist/chunks')
  const shared = readdirSync(chunks)
    .filter((file) => file.endsWith('.d.ts'))
    .map((file) => readFileSync(join(chunks, file), 'utf8'))
  const found = entryPoints.map((entry) => ({ entry, items: exportsOf(entry, shared) }))
  const missing = found.flatMap(({ entry, items }) =>
    items.flatMap((item) => undocumented(item).map((place) => `${basename(entry)}: ${place}`)),
  )
  // Fails if the search finds too few items.
  expect(new Set(found.flatMap(({ items }) => items.map(({ name }) => name))).size).toBeGreaterThan(60)
  expect([...new Set(missing)].toSorted()).toEqual([])
})
