// Makes `instanceof` hold across copies of this package: an app may load it twice, as modules and as CommonJS, and pass objects
// of one copy to the other.

/** The mark of a class, the same in each copy. */
export const brandOf = (name: string): symbol => Symbol.for(`sidelane.${name}`)

/** Marks an object, or the instances of a class by its prototype. */
export const addBrand = (object: object, brand: symbol): void => {
  Object.defineProperty(object, brand, { value: true })
}

export const hasBrand = (value: unknown, brand: symbol): boolean =>
  typeof value === 'object' && value !== null && brand in value
