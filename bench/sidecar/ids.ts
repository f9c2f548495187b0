// The contenders behind a socket, by name: a service (services.ts) and its client (clients.ts).

export const socketIds = [
  'sidecar-node',
  'sidecar-rust',
  'sidecar-node-no-spin',
  'sidecar-rust-no-spin',
  'sidecar-node-http',
  'sidecar-rust-http',
  'axum-http',
  'axum-http-zlib-rs',
  'axum-raw',
] as const
export type SocketId = (typeof socketIds)[number]

/** A daemon without busy polling. */
export const isSleeper = (id: string): boolean => id.endsWith('-no-spin')
export const isPeer = (id: SocketId): boolean => id.startsWith('axum')
