// The vectors of test/vectors/wire as values.
import { readFileSync } from 'node:fs'
import type { ClientHello, ServerHello } from '../../src/wire/index.ts'

export interface FrameVector {
  readonly description: string
  readonly side: 'server' | 'client'
  readonly requestCap: number
  readonly answerCap: number
  readonly bytes: string
  readonly frames: readonly SeenFrame[]
  readonly violation?: string
}

/** A delivered frame, the payload as hex; `oversize`: the length of one that is skipped. */
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

interface HelloVector {
  readonly description: string
  readonly side: 'client' | 'server'
  readonly bytes: string
  readonly hello?: ClientHello | ServerHello
  readonly violation?: string
  readonly encodes?: boolean
}

/** The files and the types of their vectors. */
interface Vectors {
  readonly codes: unknown
  readonly frames: FrameVector
  readonly hellos: HelloVector
  readonly keys: { readonly key: string; readonly fingerprint: string }
  readonly prefaces: { readonly bytes: string; readonly expect: unknown }
  readonly traces: {
    readonly text: string
    readonly expect: { readonly bytes: string; readonly traceId: string } | null
  }
}

export const vectorsOf = <Name extends keyof Vectors>(name: Name): readonly Vectors[Name][] =>
  JSON.parse(readFileSync(new URL(`../vectors/wire/${name}.json`, import.meta.url), 'utf8')) as Vectors[Name][]

export const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
