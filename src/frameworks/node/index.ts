// Entry point of frameworks/node: what the adapters for node:http share.

export { headOf, readPast, responseFor, withExchange } from './exchange.ts'
export type { BodySource } from './read-body.ts'
