// The contenders behind a socket, by name: each is a service (services.ts) and a client that calls it (clients.ts).

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

/** A daemon that sleeps as soon as it has answered. */
export const isSleeper = (id: string): boolean => id.endsWith('-no-spin')
export const isPeer = (id: SocketId): boolean => id.startsWith('axum')
