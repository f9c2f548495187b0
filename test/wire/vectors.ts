// The vectors of test/vectors/wire as values.
import { readFileSync } from 'node:fs'

export interface FrameVector {
  readonly description: string
  readonly side: 'server' | 'client'
  readonly requestCap: number
  readonly answerCap: number
  readonly bytes: string
  readonly frames: readonly SeenFrame[]
  readonly violation?: string
}

/** A frame as a sink sees it, the payload as hex; `oversize` is the length of one that is read past. */
export interface SeenFrame {
  readonly kind: number
  readonly flags: number
  readonly index: number
  readonly id: number
  readonly a: number
  readonly b: number
  readonly payload: string
  readonly oversize?: number
}

export const vectorsOf = <T>(name: string): readonly T[] =>
  JSON.parse(readFileSync(new URL(`../vectors/wire/${name}.json`, import.meta.url), 'utf8')) as T[]

export const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
