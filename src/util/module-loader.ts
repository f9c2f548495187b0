// Imports a module of the user, TypeScript included.

import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Jiti } from 'jiti'

export type UserModule = Readonly<Record<string, unknown>>

/** A function that imports the module at this absolute path; a sentence where this Node cannot. */
export async function moduleLoader(path: string): Promise<(() => Promise<UserModule>) | string> {
  const byNode = async (): Promise<UserModule> => (await import(pathToFileURL(path).href)) as UserModule
  if (!['.ts', '.mts', '.cts'].includes(extname(path))) return byNode
  const jiti = await loadJiti()
  if (jiti !== undefined) return () => jiti.import<UserModule>(path)
  // Node strips types from 22.18 on, and only then has this feature.
  if ('typescript' in process.features && Boolean(process.features.typescript)) return byNode
  return `Node ${process.versions.node} cannot import ${path}; install jiti (npm i -D jiti), or compile it first`
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
