// The options of a daemon at tls://HOST:PORT, for each command with --socket.

import { parseAddress, type SidecarTlsOptions } from '../../model/index.ts'
import { UsageError } from '../command.ts'

type TlsOptionName = 'tls-cert' | 'tls-key' | 'tls-ca' | 'tls-server-name'

export const tlsOptions: Readonly<Record<TlsOptionName, { value: 'file' | 'text' }>> = {
  'tls-cert': { value: 'file' },
  'tls-key': { value: 'file' },
  'tls-ca': { value: 'file' },
  'tls-server-name': { value: 'text' },
}

export type TlsValues = Readonly<Partial<Record<TlsOptionName, string>>>

const files = { cert: 'tls-cert', key: 'tls-key', ca: 'tls-ca' } as const

/** Their lines in the help of a command; `width`: of the column of the options. */
export const tlsHelp = (width: number): string =>
  [
    ['--tls-cert FILE', 'of a socket of tls://: the certificate of this client in PEM'],
    ['--tls-key FILE', 'its private key'],
    ['--tls-ca FILE', "the certificates that the daemon's certificate is signed by"],
    ['--tls-server-name NAME', 'the name in its certificate (default: HOST)'],
  ]
    .map(([option = '', text = '']) => `  ${option.padEnd(width)}${text}`)
    .join('\n')

/** For the daemon at `socket`; undefined: it is one on this machine. Throws UsageError. */
export function tlsOption(topic: string, socket: string | undefined, values: TlsValues): SidecarTlsOptions | undefined {
  // Node takes an empty path of a socket for port 80 of this machine.
  if (socket !== undefined && parseAddress(socket) === undefined) {
    throw new UsageError(topic, `Expected --socket to be a path or tls://HOST:PORT, got "${socket}"`)
  }
  const given = (Object.keys(tlsOptions) as TlsOptionName[]).find((name) => values[name] !== undefined)
  if (socket?.startsWith('tls://') !== true) {
    if (given !== undefined) throw new UsageError(topic, `--${given} goes with --socket tls://HOST:PORT`)
    return undefined
  }
  const missing = Object.values(files).find((name) => values[name] === undefined)
  if (missing !== undefined) throw new UsageError(topic, `Expected --${missing} FILE with --socket ${socket}`)
  const [cert, key, ca] = Object.values(files).map((name) => values[name] as string) as [string, string, string]
  return { cert, key, ca, serverName: values['tls-server-name'] }
}
