// What the public functions take as a schema. zod is an optional peer: its own types in a declaration break the
// type check of every project without zod.

import { invalidOptions } from '../../model/index.ts'

/** A schema of zod 4. */
export interface ZodSchema<Out = unknown, In = unknown> {
  readonly _zod: {
    readonly output: Out
    readonly input: In
    readonly def: { readonly type: string }
    readonly version: { readonly major: number; readonly minor: number }
  }
}

/** As `z.input` and `z.output`. */
export type InputOf<S extends ZodSchema> = S['_zod']['input']
export type OutputOf<S extends ZodSchema> = S['_zod']['output']

/** Throws `options.invalid` for all but a schema of zod >=4.6 <5. */
export function checkZodSchema(schema: unknown): void {
  const version = (schema as Partial<ZodSchema> | null | undefined)?._zod?.version
  if (version === undefined) {
    const found = schema === undefined ? 'nothing' : '_def' in Object(schema) ? 'one of zod 3' : typeof schema
    throw invalidOptions(`Expected \`schema\` to be a schema of zod 4, got ${found}`)
  }
  if (version.major !== 4 || version.minor < 6) {
    throw invalidOptions(
      `Expected \`schema\` to be of zod >=4.6 <5, got ${version.major}.${version.minor}: verdicts differ between minors`,
    )
  }
}
