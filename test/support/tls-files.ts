// Certificates for tests, made with the openssl command line when they are needed: nothing secret is in the repository.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Paths of files in PEM. */
export interface Identity {
  readonly cert: string
  readonly key: string
}

export interface CertificateOptions {
  /** As in openssl: `DNS:a.example`, `URI:spiffe://…`, `IP:127.0.0.1`. */
  readonly san?: readonly string[]
  readonly usage?: 'clientAuth' | 'serverAuth'
  /** Of the key, as in openssl; `P-256` by default. */
  readonly curve?: string
  /** Days from now. */
  readonly from?: number
  readonly to?: number
}

/** A certificate authority with its own key. */
export class TestCa {
  readonly cert: string
  readonly #folder: string
  readonly #key: string

  /** `folder` is made, and holds all files. */
  constructor(folder: string, name = 'Test CA') {
    this.#folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const key = (this.#key = join(folder, 'ca.key'))
    this.cert = join(folder, 'ca.crt')
    openssl('req', '-x509', ...newKey(key), '-out', this.cert, '-subj', `/CN=${name}`, '-days', '2')
    writeFileSync(join(folder, 'index'), '')
  }

  /** Its own certificate and key. */
  get own(): Identity {
    return { cert: this.cert, key: this.#key }
  }

  /** A certificate for a key of the given kind of openssl, signed by itself. `path` is without an ending. */
  static selfSigned(path: string, ...newKeyOptions: string[]): Identity {
    const [cert, key] = [`${path}.crt`, `${path}.key`]
    const made = ['-newkey', ...newKeyOptions, '-nodes', '-keyout', key, '-out', cert]
    openssl('req', '-x509', ...made, '-subj', '/CN=self')
    return { cert, key }
  }

  issue(name: string, { san = [], usage, from = -1, to = 1, curve }: CertificateOptions = {}): Identity {
    const path = (ending: string): string => join(this.#folder, `${name}.${ending}`)
    const [cert, key, request, config] = [path('crt'), path('key'), path('csr'), path('cnf')]
    openssl('req', '-new', ...newKey(key, curve), '-out', request, '-subj', `/CN=${name}`)
    const extensions = [
      'basicConstraints = critical, CA:FALSE',
      ...(san.length > 0 ? [`subjectAltName = ${san.join(', ')}`] : []),
      ...(usage === undefined ? [] : [`extendedKeyUsage = ${usage}`]),
    ]
    const ca = ['dir = .', `database = ${join(this.#folder, 'index')}`, `new_certs_dir = ${this.#folder}`]
    const policy = ['default_md = sha256', 'policy = any', 'unique_subject = no', 'rand_serial = yes']
    const sections = {
      ca: ['default_ca = this'],
      this: [...ca, ...policy],
      any: ['commonName = supplied'],
      v3: extensions,
    }
    const text = Object.entries(sections).map(([section, lines]) => `[${section}]\n${lines.join('\n')}\n`)
    writeFileSync(config, text.join('\n'))
    const dates = ['-startdate', dateIn(from), '-enddate', dateIn(to)]
    const signer = ['-cert', this.cert, '-keyfile', this.#key]
    openssl(
      'ca',
      '-batch',
      '-notext',
      '-config',
      config,
      ...signer,
      '-extensions',
      'v3',
      ...dates,
      '-in',
      request,
      '-out',
      cert,
    )
    return { cert, key }
  }
}

const newKey = (path: string, curve = 'P-256'): string[] => [
  '-newkey',
  'ec',
  '-pkeyopt',
  `ec_paramgen_curve:${curve}`,
  '-nodes',
  '-keyout',
  path,
]

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** `YYYYMMDDHHMMSSZ`. */
const dateIn = (days: number): string =>
  `${new Date(Date.now() + days * 86_400_000).toISOString().replaceAll(/[-:T]|\..*/g, '')}Z`
