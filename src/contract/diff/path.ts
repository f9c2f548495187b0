// Places in a payload as text: `lines[].sku`, `["odd key"]`, `payment(card).last4`.

export interface Place {
  readonly path: string
}

export const root: Place = { path: '' }

export const pathText = ({ path }: Place): string => (path === '' ? '(root)' : path)

/** The place as the subject of a sentence. */
export const subject = ({ path }: Place): string => (path === '' ? 'the payload' : `field \`${path}\``)

export const at = {
  member: ({ path }: Place, key: string): Place =>
    /^[A-Za-z_$][\w$]*$/.test(key)
      ? { path: path === '' ? key : `${path}.${key}` }
      : { path: `${path}[${JSON.stringify(key)}]` },
  items: ({ path }: Place): Place => ({ path: `${path}[]` }),
  item: ({ path }: Place, index: number): Place => ({ path: `${path}[${index}]` }),
  others: ({ path }: Place): Place => ({ path: path === '' ? '*' : `${path}.*` }),
  keys: ({ path }: Place): Place => ({ path: path === '' ? '*(key)' : `${path}.*(key)` }),
  branch: ({ path }: Place, value: unknown): Place => ({ path: `${path}(${String(value)})` }),
} as const
