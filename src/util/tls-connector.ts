// Opens connections over TLS, for the placement and the command line. Only TLS 1.3, and only with certificates on both sides.

import type { OnReadOpts, Socket, TcpNetConnectOpts } from 'node:net'
import type * as NodeTls from 'node:tls'
import type { ConnectionOptions, PeerCertificate, SecureContext } from 'node:tls'
import { invalidOptions, type DaemonAddress, type SidecarTlsOptions } from '../model/index.ts'
import { readRegularFileSync } from '../runtime/regular-file.ts'
import type { FileKind } from '../tables/file-kinds.ts'

type TlsAddress = Extract<DaemonAddress, { kind: 'tls' }>

export interface TlsConnectOptions {
  /** Its name in ALPN. */
  readonly protocol: 'sidelane/1' | 'http/1.1'
  readonly onread?: OnReadOpts
}

export class TlsConnector {
  readonly #tls: typeof NodeTls
  readonly #options: SidecarTlsOptions
  #context: SecureContext

  /** Rejects with `options.invalid` when the certificates or the key cannot be read. */
  static async create(options: SidecarTlsOptions): Promise<TlsConnector> {
    // The module takes milliseconds of each start.
    const tls = await import('node:tls')
    try {
      return new TlsConnector(tls, options)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      // The message of a FileError names the file; one of OpenSSL names no option.
      const reason = code?.startsWith('ERR_') === true ? `\`cert\`, \`key\` and \`ca\` do not fit: ${message}` : message
      throw invalidOptions(`Expected \`tls\` to have certificates and a key in PEM: ${reason}`)
    }
  }

  private constructor(tls: typeof NodeTls, options: SidecarTlsOptions) {
    this.#tls = tls
    this.#options = options
    this.#context = this.#load()
  }

  /** Emits `secureConnect` once both sides are verified. */
  connect({ host, port }: TlsAddress, { protocol, onread }: TlsConnectOptions): Socket {
    try {
      // Files may have been replaced.
      this.#context = this.#load()
    } catch {
      // They are being replaced, or are broken: those that were read last may still do.
    }
    const { serverName } = this.#options
    const options: ConnectionOptions & TcpNetConnectOpts = {
      host,
      port,
      secureContext: this.#context,
      rejectUnauthorized: true,
      checkServerIdentity: (name, certificate) => this.#checkName(name, certificate),
      ALPNProtocols: [protocol],
      noDelay: true,
      keepAlive: true,
      ...(serverName !== undefined && { servername: serverName }),
      ...(onread !== undefined && { onread }),
    }
    return this.#tls.connect(options)
  }

  /** Looks at the SANs alone: without one of the host's kind, node:tls takes the subject, which may be that of a client. */
  #checkName(name: string, certificate: PeerCertificate): Error | undefined {
    return this.#tls.checkServerIdentity(name, { ...certificate, subject: {} as PeerCertificate['subject'] })
  }

  #load(): SecureContext {
    const { cert, key, ca } = this.#options
    return this.#tls.createSecureContext({
      cert: pemOf(cert, 'tlsCert'),
      key: pemOf(key, 'tlsKey'),
      ca: pemOf(ca, 'tlsCa'),
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
    })
  }
}

/** What went wrong; of an error of TLS without the places in its library. */
export function reasonOf(error: Error): string {
  const { reason } = error as { readonly reason?: unknown }
  return typeof reason === 'string' ? reason : error.message
}

const pemOf = (given: string | Uint8Array, kind: FileKind): Buffer | string => {
  if (typeof given === 'string' && given.includes('-----BEGIN')) return given
  return Buffer.from(typeof given === 'string' ? readRegularFileSync(given, kind) : given)
}
