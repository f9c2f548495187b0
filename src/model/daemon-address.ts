// Where a client finds its daemon: the path of a Unix socket, or the address of --tls-listen with what TLS needs.

import { invalidOptions } from './errors.ts'
import { check, rule, type Rule } from './option-rules.ts'
import { isBytes } from '../util/typed-array.ts'

export type DaemonAddress =
  /** `text`: as it was given. */
  | { readonly kind: 'path'; readonly path: string; readonly text: string }
  | { readonly kind: 'tls'; readonly host: string; readonly port: number; readonly text: string }

/**
 * What a client shows to a daemon over TLS, and trusts. A text that holds `-----BEGIN` and bytes are PEM; another text is the path
 * of a file in PEM, which is read again for each connection.
 */
export interface SidecarTlsOptions {
  /** The client's certificate, with its chain. */
  readonly cert: string | Uint8Array
  /** Its private key, without a passphrase. */
  readonly key: string | Uint8Array
  /** The certificates that the daemon's certificate is signed by. Those of the system are not used. */
  readonly ca: string | Uint8Array
  /** The name that the daemon's certificate must have. Default: the host of the address. */
  readonly serverName?: string | undefined
}

const scheme = 'tls://'
const maxAddresses = 16

/** undefined: it is neither. */
export function parseAddress(text: string): DaemonAddress | undefined {
  if (text === '' || text.includes('\0')) return undefined
  if (!text.startsWith(scheme)) return { kind: 'path', path: text, text }
  const [, host = '', digits] = /^tls:\/\/(\[[\da-fA-F:.]+\]|[^:/?#@[\]\s]+):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (!(port >= 1 && port <= 65_535)) return undefined
  return { kind: 'tls', host: host.replace(/^\[(.*)\]$/, '$1'), port, text }
}

const isAddress = (value: unknown): boolean => typeof value === 'string' && parseAddress(value) !== undefined

export const addressRule: Rule = rule(
  `a path, tls://HOST:PORT, or an array of 1 to ${maxAddresses} of them`,
  (value) =>
    isAddress(value) ||
    (Array.isArray(value) && value.length > 0 && value.length <= maxAddresses && value.every(isAddress)),
)

const isPem = (value: unknown): boolean =>
  (typeof value === 'string' && value !== '' && !value.includes('\0')) || isBytes(value)

const pemRule = rule('PEM as text or bytes, or the path of a file', isPem)

const tlsRules: Readonly<Record<keyof SidecarTlsOptions, Rule>> = {
  cert: pemRule,
  key: pemRule,
  ca: pemRule,
  serverName: rule('a host name', (value) => typeof value === 'string' && /^[\w.:-]{1,253}$/.test(value)),
}

export interface DaemonAddressSettings {
  /** In the order of preference; undefined: the default path. */
  readonly addresses: readonly DaemonAddress[] | undefined
  readonly tls: Readonly<SidecarTlsOptions> | undefined
}

/** Throws `options.invalid`. `socket` fulfils `addressRule`. */
export function resolveAddresses(
  socket: string | readonly string[] | undefined,
  tls: SidecarTlsOptions | undefined,
): DaemonAddressSettings {
  const all = socket === undefined ? undefined : typeof socket === 'string' ? [socket] : socket
  const addresses = all?.map((text) => parseAddress(text) as DaemonAddress)
  const needsTls = addresses?.some(({ kind }) => kind === 'tls') ?? false
  if (tls === undefined) {
    if (needsTls) throw invalidOptions('Expected `tls` with `cert`, `key` and `ca` for a socket of tls://')
    return { addresses, tls: undefined }
  }
  if (!needsTls) throw invalidOptions('Expected `socket` to have tls://HOST:PORT with `tls`')
  check('tls', tls, tlsRules)
  for (const name of ['cert', 'key', 'ca'] as const) {
    if (tls[name] === undefined) throw invalidOptions(`Expected \`tls\` to have \`${name}\``)
  }
  const { cert, key, ca, serverName } = tls
  return { addresses, tls: Object.freeze({ cert: ownPem(cert), key: ownPem(key), ca: ownPem(ca), serverName }) }
}

/** A copy, because the caller may overwrite bytes. */
const ownPem = (pem: string | Uint8Array): string | Uint8Array => (typeof pem === 'string' ? pem : Uint8Array.from(pem))
