// Imports a user's module: JavaScript by Node, TypeScript by the optional package jiti or by a Node that strips types.

import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Jiti } from 'jiti'
import { UsageError } from './command.ts'

type Module = Readonly<Record<string, unknown>>

/** Returns the exports of the module. Errors get the module's path, except those of a refused contract. */
export async function importModule(path: string, topic: string): Promise<Module> {
  const load = await loaderFor(path, topic)
  try {
    return await load()
  } catch (error) {
    const { name, code, message } = error as NodeJS.ErrnoException
    if (name === 'SidelaneError') throw error
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
      throw new UsageError(topic, `${path} is not a JavaScript or TypeScript file`, { cause: error })
    // The first code is Node's, the second jiti's, whose message continues with the require stack.
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND')
      throw new UsageError(topic, `Cannot import ${path}: ${message.split('\n')[0]}`, { cause: error })
    throw new Error(`Cannot import ${path}: ${String(error)}`, { cause: error })
  }
}

async function loaderFor(path: string, topic: string): Promise<() => Promise<Module>> {
  const byNode = async (): Promise<Module> => (await import(pathToFileURL(path).href)) as Module
  if (!['.ts', '.mts', '.cts'].includes(extname(path))) return byNode
  const jiti = await loadJiti()
  if (jiti !== undefined) return () => jiti.import<Module>(path)
  // Node strips types from 22.18 on, and only then has this feature.
  if ('typescript' in process.features && Boolean(process.features.typescript)) return byNode
  throw new UsageError(
    topic,
    `Node ${process.versions.node} cannot import ${path}; install jiti (npm i -D jiti), or compile it first`,
  )
}

async function loadJiti(): Promise<Jiti | undefined> {
  try {
    const { createJiti } = await import('jiti')
    return createJiti(import.meta.url, { fsCache: false })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}
