// One question to a daemon over its socket, in HTTP. What the answer means is the command's.

import { request } from 'node:http'
import { checkOwnDirectory, checkSocketPath, defaultSocketPath } from '../util/socket-path.ts'
import { UsageError } from './command.ts'

export interface DaemonAnswer {
  readonly status: number
  readonly body: string
}

const patienceMs = 5000

/** The path of `--socket`, or the default one. */
export function socketOption(topic: string, path: string | undefined): string {
  const socket = path ?? defaultSocketPath()
  try {
    checkSocketPath(socket)
    if (path === undefined) checkOwnDirectory(socket)
  } catch (error) {
    throw new UsageError(topic, (error as Error).message, { cause: error })
  }
  return socket
}

/** Resolves with what went wrong where nobody answers. */
export const askDaemon = (socketPath: string, path: string): Promise<DaemonAnswer | Error> =>
  new Promise((resolve) => {
    const signal = AbortSignal.timeout(patienceMs)
    request({ socketPath, path, agent: false, signal }, (response) => {
      let body = ''
      response
        .setEncoding('utf8')
        .on('data', (text: string) => (body += text))
        .on('error', resolve)
        .on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
      .on('error', (error) => resolve(signal.aborted ? new Error(`no answer within ${patienceMs} ms`) : error))
      .end()
  })
