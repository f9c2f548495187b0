// Every public item has a docstring: all exports of package.json and each public member, in the built declarations.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

interface Door {
  readonly types?: string
}
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, Door | string>>
}
const entryPoints = Object.values(exports).flatMap((entry) =>
  typeof entry === 'string' || !entry.types ? [] : [entry.types],
)

interface Exported {
  readonly name: string
  readonly file: string
}

/** The names that a declaration file exports, with the declaring file. */
function exportsOf(file: string, met: ReadonlySet<string> = new Set()): Exported[] {
  if (met.has(file)) return []
  const text = readFileSync(file, 'utf8')
  const seen = new Set([...met, file])
  const own = [...text.matchAll(declaration)].map((match) => ({ name: match[1] as string, file }))
  const from = (target: string): string => join(dirname(file), target.replace(/\.ts$/, '.d.ts'))
  const all = [...text.matchAll(/^export (?:type )?\* from '([^']+)'/gm)].flatMap((match) =>
    exportsOf(from(match[1] as string), seen),
  )
  const named = [...text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)'/gm)].flatMap((match) => {
    const names = new Set((match[1] as string).split(',').map((name) => name.replace(/\btype\b/, '').trim()))
    return exportsOf(from(match[2] as string), seen).filter(({ name }) => names.has(name))
  })
  return [...own, ...all, ...named]
}

const declaration = /^export (?:declare )?(?:abstract )?(?:function|const|class|interface|type) (\w+)/gm

/** The places without a docstring in a declaration: the item itself, and its direct members. */
function undocumented({ name, file }: Exported): string[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  const start = lines.findIndex((line) => new RegExp(String.raw`^export (?:declare )?\w+ ${name}\b`).test(line))
  const places: string[] = []
  const check = (at: number, place: string): void => {
    if (lines[at - 1]?.trimEnd().endsWith('*/') !== true) places.push(place)
  }
  check(start, name)
  // The indented lines of a function are parameters, not members.
  const head = lines[start] as string
  if (!head.endsWith('{') || head.includes(' function ')) return places
  for (let at = start + 1; !lines[at]?.startsWith('}'); at++) {
    // Members are indented by four columns; deeper lines belong to a member. Symbol names are skipped.
    const member = /^ {4}(?:(?:readonly|get|static|override) )*(constructor|\w+|"[^"]+")(?=[?(:<])/.exec(
      lines[at] ?? '',
    )
    if (member !== null) check(at, `${name}.${member[1]}`)
  }
  return places
}

test.skipIf(!existsSync(join(root, 'dist')))('every exported item and each of its members has a docstring', () => {
  const items = entryPoints.flatMap((path) => exportsOf(join(root, path)))
  const missing = items.flatMap((item) =>
    undocumented(item).map((place) => `${relative(join(root, 'dist'), item.file)}: ${place}`),
  )
  // Fails if the search finds too few items.
  expect(new Set(items.map(({ name }) => name)).size).toBeGreaterThan(60)
  expect([...new Set(missing)].toSorted()).toEqual([])
})
