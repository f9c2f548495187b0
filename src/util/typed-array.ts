// Tells bytes from other values, whatever realm they are of.

/** The prototype of the prototypes of all typed arrays. */
export const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype)

/** Ten times as fast as `Reflect.get`. */
const { get: readTag } = Object.getOwnPropertyDescriptor(typedArray, Symbol.toStringTag) as {
  readonly get: (this: unknown) => string | undefined
}

/** `Uint8Array`; undefined for what is no typed array. */
export const typedArrayName = (value: unknown): string | undefined => readTag.call(value)

/** True for a Buffer and for arrays of other realms (a vm context, as in test runners) too, false for lookalikes. */
export const isBytes = (value: unknown): value is Uint8Array => typedArrayName(value) === 'Uint8Array'
