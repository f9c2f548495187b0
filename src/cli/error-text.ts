// An error that a user's module threw, as text: its own message, and the places in the user's code. The frames of Node, of
// this package and of jiti are left out.

import { inspect } from 'node:util'
import { fileURLToPath } from 'node:url'

const maxFrames = 5
const maxCauses = 3

/** The folder that holds this package's code, as a URL; in dist the files may be bundled. */
const own = import.meta.url.replace(/(\/(?:dist|src)\/)(?!.*\/(?:dist|src)\/).*$/, '$1')
const tools = /\/node_modules\/(?:jiti|sidelane)\//

/** `Error: no database`, with the causes of the error. */
export function describeError(error: unknown): string {
  const texts: string[] = []
  let one = error
  for (; texts.length <= maxCauses; one = one.cause) {
    texts.push(textOf(one))
    if (!(one instanceof Error) || one.cause === undefined) break
  }
  return texts.join('\n  caused by ')
}

function textOf(error: unknown): string {
  // Not `instanceof`: an error of a vm context is one, too.
  if (typeof error !== 'object' || error === null || !('message' in error)) return inspect(error, { depth: 1 })
  if (error instanceof AggregateError && error.message === '') {
    return `${error.name}: ${error.errors.slice(0, maxCauses).map(textOf).join('; ')}`
  }
  const { name = 'Error', message } = error as Partial<Error>
  return message === '' || message === undefined ? name : `${name}: ${message}`
}

/** Lines such as `    at parse (/app/order.ts:3:9)`, each after a line break; empty without a place in the user's code. */
export function placesOf(error: unknown): string {
  const { stack } = (error ?? {}) as { stack?: unknown }
  if (typeof stack !== 'string') return ''
  const lines = stack.split('\n')
  // A SyntaxError begins with its place instead of its name.
  const [, syntax] = /^((?:file:\/\/)?\/.*:\d+)$/.exec(lines[0] ?? '') ?? []
  const frames = lines.filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line) && !isForeign(line))
  const places = syntax === undefined ? frames : [`    at ${syntax}`, ...frames]
  return places
    .slice(0, maxFrames)
    .map((line) => `\n${line.replace(/file:\/\/[^)]*(?=:\d+)/, asPath)}`)
    .join('')
}

const isForeign = (frame: string): boolean =>
  /[( ]node:/.test(frame) || frame.includes(own) || frame.includes(asPath(own)) || tools.test(frame)

function asPath(url: string): string {
  try {
    return fileURLToPath(url)
  } catch {
    return url
  }
}
