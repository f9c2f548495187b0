// Sends one HTTP request to a daemon over its socket, for `ping` and `stats`.

import { request } from 'node:http'
import { checkOwnDirectory, checkSocketPath, defaultSocketPath } from '../util/socket-path.ts'
import { UsageError } from './command.ts'

export interface DaemonResponse {
  readonly status: number
  readonly body: string
}

const timeoutMs = 5000

/** The path of `--socket`, or the default path. Throws UsageError where a path cannot be used. */
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

/** Resolves with an Error, and does not reject, when no daemon answers. */
export const requestDaemon = (socketPath: string, path: string): Promise<DaemonResponse | Error> =>
  new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs)
    request({ socketPath, path, agent: false, signal }, (response) => {
      let body = ''
      response
        .setEncoding('utf8')
        .on('data', (text: string) => (body += text))
        .on('error', resolve)
        .on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
      .on('error', (error) => resolve(signal.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error))
      .end()
  })
