// A rule of options that defineContract() and inferContract() share.

/** False for one text and one buffer: their characters and bytes are no payloads. */
export const isIterable = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Symbol.iterator in value && !ArrayBuffer.isView(value)
