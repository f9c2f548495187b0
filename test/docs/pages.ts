// The pages for users: README.md and docs/*.md, their code blocks and tables.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../../', import.meta.url))

/** A fenced block. */
export interface Block {
  /** `docs/cli.md:12`: the line of the fence. */
  readonly at: string
  /** `ts`, `sh`, `json`; empty for none. */
  readonly language: string
  readonly text: string
  /** The `text` block directly below: what the block prints. */
  readonly output: string | undefined
}

export const pageNames: readonly string[] = [
  'README.md',
  ...readdirSync(`${root}docs`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/** `pageNames` and the pages for contributors that are part of the package. */
export const allPageNames: readonly string[] = [...pageNames, 'bench/METHOD.md', 'src/wire/WIRE.md']

export const pageText = (name: string): string => readFileSync(`${root}${name}`, 'utf8')

export const blocksOf = (name: string): Block[] =>
  [...pageText(name).matchAll(/^```(\w*)\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?/gms)].map((match) => ({
    at: `${name}:${pageText(name).slice(0, match.index).split('\n').length}`,
    language: match[1] as string,
    text: match[2] as string,
    output: match[3],
  }))

/** The rows of the first table below a heading, without its head. */
export function tableBelow(page: string, heading: string): string[][] {
  const section = pageText(page).split(new RegExp(`^#+ ${heading}$`, 'm'))[1]
  if (section === undefined) throw new Error(`${page} has no heading "${heading}"`)
  const [, rows] = /^\|.*\|\n\|[-| :]+\|\n((?:\|.*\|\n)+)/m.exec(section) ?? []
  if (rows === undefined) throw new Error(`${page} has no table below "${heading}"`)
  return rows
    .trimEnd()
    .split('\n')
    .map((row) =>
      row
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    )
}
