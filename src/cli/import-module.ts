// Imports a user's module: JavaScript by Node itself, TypeScript through the optional package jiti (Node 20 runs no
// TypeScript), or by Node where it can.

import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Jiti } from 'jiti'
import { UsageError } from './command.ts'

type Module = Readonly<Record<string, unknown>>

/** The module's exports. What the module throws while it runs is thrown on. */
export async function importModule(path: string, topic: string): Promise<Module> {
  if (!['.ts', '.mts', '.cts'].includes(extname(path))) return importJavaScript(path, topic)
  const jiti = await loadJiti()
  if (jiti !== undefined) return await jiti.import<Module>(path)
  // Present from Node 22.18 on, where types are stripped.
  if ('typescript' in process.features && Boolean(process.features.typescript)) return importJavaScript(path, topic)
  throw new UsageError(
    topic,
    `Node ${process.versions.node} cannot import ${path}; install jiti (npm i -D jiti), or compile it first`,
  )
}

async function importJavaScript(path: string, topic: string): Promise<Module> {
  try {
    return (await import(pathToFileURL(path).href)) as Module
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
      throw new UsageError(topic, `${path} is no JavaScript or TypeScript file`, { cause: error })
    if (code === 'ERR_MODULE_NOT_FOUND')
      throw new UsageError(topic, `Cannot import ${path}: ${message}`, { cause: error })
    throw error
  }
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
