// Who is connected over TLS: the name of a verified certificate, and what each name may take of the daemon, so that one peer
// takes nothing from the others or from the Unix socket. native/daemon/src/tls/peers.rs is the twin.

import { createHash, type X509Certificate } from 'node:crypto'
import type { PeerLimits } from '../config/settings.ts'

/** A longer name is replaced by the fingerprint of its certificate. */
const maxNameBytes = 256

/** The name of a peer, and whether it may connect. */
export interface PeerName {
  readonly name: string
  readonly isAllowed: boolean
}

/** Of the names that may connect the first one; without such a list the first URI, else DNS name. */
export function peerNameOf(certificate: X509Certificate, allowed: readonly string[] | undefined): PeerName {
  const names = namesIn(certificate.subjectAltName)
  const found = allowed && names.find((name) => allowed.includes(name))
  if (found !== undefined) return { name: found, isAllowed: true }
  const first = names.find((name) => Buffer.byteLength(name) <= maxNameBytes)
  return { name: first ?? fingerprint(certificate), isAllowed: allowed === undefined }
}

/** `DNS:a.example, URI:spiffe://a/b`: a value with a comma or a quote is in quotes, as JSON. */
const entry = /(?:^|, )([^:,"]+):(?:"((?:[^"\\]|\\.)*)"|([^,"]*))(?=, |$)/gy

/** URIs, then DNS names in lower case. */
export function namesIn(subjectAltName: string | undefined): string[] {
  const uris: string[] = []
  const names: string[] = []
  let end = 0
  for (const { 0: all, index, 1: type, 2: quoted, 3: plain = '' } of (subjectAltName ?? '').matchAll(entry)) {
    end = index + all.length
    const value = quoted === undefined ? plain : unquoted(quoted)
    // A URI without a colon is none, and could look like a DNS name.
    if (type === 'URI' && value?.includes(':') === true) uris.push(value)
    if (type === 'DNS' && value !== undefined && /^[\w*.-]+$/.test(value)) names.push(value.toLowerCase())
  }
  // A text that does not end as expected could hide where a name begins.
  return end === (subjectAltName ?? '').length ? [...uris, ...names] : []
}

function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return undefined
  }
}

const fingerprint = ({ raw }: X509Certificate): string =>
  `sha256:${createHash('sha256').update(raw).digest('hex').slice(0, 32)}`

/** One peer, over all its connections. */
export class Peer {
  readonly name: string
  readonly limits: PeerLimits
  connections = 0
  inFlight = 0
  #bytes = 0

  constructor(name: string, limits: PeerLimits) {
    this.name = name
    this.limits = limits
  }

  /** It may have no more requests in flight. */
  get isFull(): boolean {
    return this.inFlight >= this.limits.inFlight
  }

  /** Takes of what the bodies of its requests may have; false: nothing is taken. The only body may be larger. */
  reserve(bytes: number): boolean {
    if (this.#bytes > 0 && this.#bytes + bytes > this.limits.bytes) return false
    this.#bytes += bytes
    return true
  }

  release(bytes: number): void {
    this.#bytes -= bytes
  }
}

/** Names that were connected once, of which the log has a line. */
const maxKnown = 1024

/** The peers that have connections. */
export class Peers {
  readonly #maxConnections: number
  readonly #limits: PeerLimits
  readonly #byName = new Map<string, Peer>()
  readonly #known = new Set<string>()
  connections = 0

  constructor(maxConnections: number, limits: PeerLimits) {
    this.#maxConnections = maxConnections
    this.#limits = limits
  }

  /** Counts one more connection of the peer; a text says why it may not have it. */
  enter(name: string): Peer | 'connections' | 'peer_connections' {
    if (this.connections >= this.#maxConnections) return 'connections'
    const peer = this.#byName.get(name) ?? new Peer(name, this.#limits)
    if (peer.connections >= this.#limits.connections) return 'peer_connections'
    this.#byName.set(name, peer)
    peer.connections++
    this.connections++
    return peer
  }

  /** True for the first connection of a peer since the start. */
  isNew({ name }: Peer): boolean {
    if (this.#known.has(name) || this.#known.size >= maxKnown) return false
    this.#known.add(name)
    return true
  }

  leave(peer: Peer): void {
    this.connections--
    if (--peer.connections === 0) this.#byName.delete(peer.name)
  }
}
