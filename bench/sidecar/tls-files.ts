// A certificate authority, and certificates for a daemon and its client, made with the openssl command line.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

export interface TlsFiles {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

export const hasOpenssl = (): boolean => spawnSync('openssl', ['version']).status === 0

/** One certificate serves both sides. */
export function makeTlsFiles(folder: string): TlsFiles {
  const path = (name: string): string => join(folder, name)
  const [ca, caKey, cert, key] = [path('ca.crt'), path('ca.key'), path('tls.crt'), path('tls.key')]
  request(ca, caKey, '-subj', '/CN=bench CA')
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=CA:FALSE']
  request(cert, key, '-subj', '/CN=bench', '-CA', ca, '-CAkey', caKey, ...names)
  return { cert, key, ca }
}

function request(cert: string, key: string, ...args: readonly string[]): void {
  const elliptic = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
  const made = spawnSync('openssl', ['req', '-x509', ...elliptic, '-out', cert, '-days', '1', ...args])
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr.toString()}`)
}
