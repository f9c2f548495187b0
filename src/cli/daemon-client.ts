// Sends one HTTP request to a daemon over its socket, for `ping` and `stats`.

import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { checkOwnDirectory, checkSocketPath, defaultSocketPath } from '../util/socket-path.ts'
import { UsageError } from './command.ts'
import type { Io } from './io.ts'

interface DaemonResponse {
  /** The path of the socket. */
  readonly socket: string
  readonly status: number
  readonly body: string
}

const timeoutMs = 5000

/**
 * Asks the daemon at the path of `--socket`, or at the default path. Without an answer it writes the reason to stderr and
 * resolves with undefined. Rejects with UsageError where the path cannot be used.
 */
export async function askDaemon(
  topic: string,
  socketOption: string | undefined,
  path: string,
  io: Io,
): Promise<DaemonResponse | undefined> {
  const socket = socketOption ?? defaultSocketPath()
  try {
    checkSocketPath(socket)
    if (socketOption === undefined) checkOwnDirectory(socket)
  } catch (error) {
    throw new UsageError(topic, (error as Error).message, { cause: error })
  }
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    return await get(socket, path, signal)
  } catch (error) {
    io.log(`sidelane: ${socket}: ${signal.aborted ? `no answer within ${timeoutMs} ms` : (error as Error).message}`)
    return undefined
  }
}

const get = (socket: string, path: string, signal: AbortSignal): Promise<DaemonResponse> =>
  new Promise((resolve, reject) => {
    request({ socketPath: socket, path, agent: false, signal }, (response) => {
      text(response).then((body) => resolve({ socket, status: response.statusCode ?? 0, body }), reject)
    })
      .on('error', reject)
      .end()
  })
