// Sends one HTTP request to a daemon over its socket or over TLS, for `ping` and `stats`. The server may be anything: its
// answer is bounded in time and in bytes, and control characters do not get to the terminal.

import { request, type IncomingMessage, type RequestOptions } from 'node:http'
import { parseAddress, type SidecarTlsOptions } from '../../model/index.ts'
import { clientTexts as texts } from '../../tables/daemon-texts.ts'
import { fillTemplate } from '../../util/fill-template.ts'
import { checkOwnDirectory, checkSocketPath, defaultSocketPath, ownUid } from '../../util/socket-path.ts'
import { reasonOf, TlsConnector } from '../../util/tls-connector.ts'
import { UsageError } from '../command.ts'
import type { Io } from '../io.ts'

interface DaemonResponse {
  /** The path of the socket. */
  readonly socket: string
  readonly status: number
  readonly body: string
}

const timeoutMs = 5000
/** /metrics has a few hundred bytes for each contract and result code. */
const maxBytes = 4_194_304

/**
 * Asks the daemon at the address of `--socket`, or at the default path. Without an answer it writes the reason to stderr and
 * resolves with undefined. Rejects with UsageError where the path cannot be used.
 */
export async function askDaemon(
  topic: string,
  socketOption: string | undefined,
  path: string,
  io: Io,
  tls?: SidecarTlsOptions,
): Promise<DaemonResponse | undefined> {
  const socket = socketOption ?? defaultSocketPath()
  let target: RequestOptions
  try {
    target = await targetOf(socket, tls)
    if (socketOption === undefined) checkOwnDirectory(socket)
  } catch (error) {
    throw new UsageError(topic, (error as Error).message, { cause: error })
  }
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const response = await get(socket, { ...target, path, signal })
    if (response.status === 403) throw new Error(fillTemplate(texts.forbidden, { uid: ownUid() }))
    return response
  } catch (error) {
    io.log(
      `sidelane: ${socket}: ${signal.aborted ? fillTemplate(texts.noAnswer, { ms: timeoutMs }) : printable(reasonOf(error as Error))}`,
    )
    return undefined
  }
}

/** Throws where the address cannot be used. */
async function targetOf(socket: string, tls: SidecarTlsOptions | undefined): Promise<RequestOptions> {
  const address = parseAddress(socket)
  if (address?.kind !== 'tls' || tls === undefined) {
    checkSocketPath(socket)
    return { socketPath: socket, agent: false }
  }
  const connector = await TlsConnector.create(tls)
  return { host: address.host, createConnection: () => connector.connect(address, { protocol: 'http/1.1' }) }
}

const get = (socket: string, options: RequestOptions): Promise<DaemonResponse> =>
  new Promise((resolve, reject) => {
    request(options, (response) => {
      bodyOf(response).then((body) => resolve({ socket, status: response.statusCode ?? 0, body }), reject)
    })
      .on('error', reject)
      .end()
  })

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    // Leaving the loop closes the connection.
    if (bytes > maxBytes) throw new Error(fillTemplate(texts.tooLong, { limit: maxBytes }))
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Without control characters, which a terminal interprets. */
export const printable = (text: string): string => text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, '\ufffd')
