// The contenders behind a socket, by name: a service (services.ts) and its client (clients.ts).

export const socketIds = [
  'sidecar-node',
  'sidecar-rust',
  'sidecar-node-no-spin',
  'sidecar-rust-no-spin',
  'sidecar-rust-tls',
  'sidecar-node-http',
  'sidecar-rust-http',
  'sidecar-floor',
  'axum-http',
  'axum-http-zlib-rs',
  'axum-raw',
] as const
export type SocketId = (typeof socketIds)[number]

/** A daemon without busy polling. */
export const isSleeper = (id: string): boolean => id.endsWith('-no-spin')
/** A daemon that is reached over mutual TLS. */
export const isTls = (id: string): boolean => id.endsWith('-tls')
/** A bare socket loop. */
export const isFloor = (id: SocketId): boolean => id === 'sidecar-floor'
export const isPeer = (id: SocketId): boolean => id.startsWith('axum')
