// Paths into a payload or a zod schema as text: `lines[].sku`, `["odd key"]`, `attrs.*` (a record's values).

/** The payload or schema itself. */
export const rootPath = '(root)'

const join = (path: string, step: string): string => (path === rootPath ? step.replace(/^\./, '') : path + step)

export const pathTo = {
  property: (path: string, key: string): string =>
    join(path, /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`),
  items: (path: string): string => join(path, '[]'),
  item: (path: string, index: number): string => join(path, `[${index}]`),
  /** The items behind the prefix of a tuple. */
  rest: (path: string): string => join(path, '[...]'),
  /** Undeclared members. */
  values: (path: string): string => join(path, '.*'),
  keys: (path: string): string => join(path, '.*(key)'),
  /** An option of a union, by its index: `payment|0.last4`. */
  option: (path: string, index: number): string => join(path, `|${index}`),
  /** A branch of a discriminated union, by its value: `payment(card).last4`. */
  branch: (path: string, value: unknown): string => join(path, `(${String(value)})`),
  side: (path: string, side: 'left' | 'right'): string => join(path, `&${side}`),
}
