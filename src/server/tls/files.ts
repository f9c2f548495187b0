// The files of --tls-listen, read and checked: at the start and with each reload. native/daemon/src/tls/files.rs is the twin.

import { constants, createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { stat } from 'node:fs/promises'
import type { SecureContextOptions } from 'node:tls'
import { fileKinds, fileTexts } from '../../tables/file-kinds.ts'
import { tlsTexts as texts } from '../../tables/daemon-texts.ts'
import { readRegularFile } from '../../runtime/regular-file.ts'
import { fillTemplate } from '../../util/fill-template.ts'
import type { TlsSettings } from '../config/settings.ts'

/** In PEM, as `tls.createSecureContext` takes them. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

type TlsFileKind = 'tlsCert' | 'tlsKey' | 'tlsCa'

/** A file of TLS cannot be used. */
class TlsFileError extends Error {
  override readonly name = 'TlsFileError'

  constructor(kind: TlsFileKind, path: string, reason: string) {
    super(fillTemplate(fileTexts.cannotRead, { kind: fileKinds[kind].title, path, reason }))
  }
}

/** Rejects with an error whose message names the file. */
export async function loadTlsFiles({ cert, key, clientCa }: TlsSettings): Promise<TlsFiles> {
  const chain = await readCertificates('tlsCert', cert)
  const pem = await readKey(key)
  const keyMatches = (chain.first as X509Certificate).checkPrivateKey(pem.key)
  if (!keyMatches) throw new TlsFileError('tlsKey', key, fillTemplate(texts.otherKey, { certificate: cert }))
  const ca = await readCertificates('tlsCa', clientCa)
  const files = { cert: chain.text, key: pem.text, ca: ca.text }
  // The module takes milliseconds of each start.
  const { createSecureContext } = await import('node:tls')
  try {
    createSecureContext(contextOf(files))
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    throw new TlsFileError('tlsCert', cert, fillTemplate(texts.refused, { code }))
  }
  return files
}

export const contextOf = (files: TlsFiles): SecureContextOptions => ({
  ...files,
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  // No resumption: every connection is checked against the CA in force. node:tls offers no early data.
  secureOptions: constants.SSL_OP_NO_TICKET,
  sigalgs: signatureAlgorithms,
})

/** Those of sidelaned's library: both daemons take the same certificates of clients. */
const signatureAlgorithms = [
  'ecdsa_secp384r1_sha384',
  'ecdsa_secp256r1_sha256',
  'ed25519',
  'rsa_pss_rsae_sha512',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha256',
  'rsa_pkcs1_sha512',
  'rsa_pkcs1_sha384',
  'rsa_pkcs1_sha256',
].join(':')

const blockStart = '-----BEGIN CERTIFICATE-----'
const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

async function readCertificates(
  kind: TlsFileKind,
  path: string,
): Promise<{ readonly text: string; readonly first: X509Certificate | undefined }> {
  const text = Buffer.from(await readRegularFile(path, kind)).toString('latin1')
  const blocks = text.match(block)
  if (blocks === null) throw new TlsFileError(kind, path, texts.noCertificate)
  // A block without its end: the file was cut off.
  if (text.split(blockStart).length - 1 !== blocks.length) throw new TlsFileError(kind, path, texts.malformed)
  try {
    const [first] = blocks.map((one) => new X509Certificate(one))
    return { text: blocks.join('\n'), first }
  } catch {
    throw new TlsFileError(kind, path, texts.malformed)
  }
}

/** Others may neither read nor replace the key; its group may read it, because service managers give it so. */
async function readKey(path: string): Promise<{ readonly text: string; readonly key: KeyObject }> {
  const text = Buffer.from(await readRegularFile(path, 'tlsKey')).toString('latin1')
  const mode = (await stat(path)).mode & 0o7777
  if ((mode & 0o027) !== 0) {
    const shown = mode.toString(8).padStart(3, '0')
    throw new TlsFileError('tlsKey', path, fillTemplate(texts.openMode, { mode: shown }))
  }
  let key: KeyObject
  try {
    key = createPrivateKey(text)
  } catch {
    throw new TlsFileError('tlsKey', path, texts.noKey)
  }
  if (!isSupported(key)) throw new TlsFileError('tlsKey', path, texts.noKey)
  return { text, key }
}

/** The kinds of keys that sidelaned's library signs with. */
function isSupported({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): boolean {
  const { namedCurve = '', modulusLength = 0 } = details
  if (type === 'ec') return namedCurve === 'prime256v1' || namedCurve === 'secp384r1'
  if (type === 'rsa') return modulusLength >= 2048 && modulusLength <= 4096
  return type === 'ed25519'
}
