// Runs `sidelane profile` around an app, under a small load.
import { readFileSync } from 'node:fs'
import type { ProfileRecord } from '../../src/profile/index.ts'
import { Running, type Result } from '../support/cli.ts'
import { freshFolder } from '../support/folders.ts'
import { freePort } from '../support/free-port.ts'

export const fixture = (name: string): string => new URL(`fixtures/${name}`, import.meta.url).pathname

export interface Load {
  readonly path: string
  readonly body: string
}

/** Sends the same request, two at a time, until the signal. Returns the number of answers. */
export async function sendLoad(port: number, { path, body }: Load, signal: AbortSignal): Promise<number> {
  let answers = 0
  const sendAll = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        const headers = { 'content-type': 'application/json' }
        const response = await fetch(`http://localhost:${port}${path}`, { method: 'POST', headers, body, signal })
        await response.arrayBuffer()
        answers++
      } catch {
        // The app does not listen yet, or no longer.
        await new Promise((resolve) => void setTimeout(resolve, 20))
      }
    }
  }
  await Promise.all([sendAll(), sendAll()])
  return answers
}

export interface Profiled extends Result {
  readonly record: ProfileRecord
  readonly page: string
}

export interface ProfileOptions {
  readonly seconds?: number
  readonly load?: Load
  readonly port?: number
}

/** `command` is what stands behind `--`, or the options in front of it. */
export async function profileApp(
  command: readonly string[],
  { seconds = 2, load, port }: ProfileOptions = {},
): Promise<Profiled> {
  const folder = freshFolder()
  const [json, html] = [`${folder}/profile.json`, `${folder}/profile.html`]
  const listens = port ?? (await freePort())
  const own = ['profile', '--seconds', String(seconds), '--json', json, '--html', html]
  const running = new Running([...own, ...command], { PORT: String(listens) })
  const end = new AbortController()
  const sent = load === undefined ? undefined : sendLoad(listens, load, end.signal)
  const result = await running.ended
  end.abort()
  await sent
  const read = (path: string): string => readFileSync(path, 'utf8')
  try {
    return { ...result, record: JSON.parse(read(json)) as ProfileRecord, page: read(html) }
  } catch (cause) {
    throw new Error(`There is no record. ${result.stderr}`, { cause })
  }
}

export const shareOf = (record: ProfileRecord, category: string): number =>
  record.categories.find((row) => row.category === category)?.share ?? NaN
